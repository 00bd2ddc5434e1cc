// Measures the rate of multiply-adds on registers, for the benchmark. Included once per instruction set, after simd.inc.h.

static double seconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Uses enough independent chains to hide the latency of a multiply-add, but few enough for 16 registers.
static double peak_fma(double seconds) {
  constexpr int chains = 12;
  constexpr int64_t rounds = 20000;
  vf sum[chains];
  for (int i = 0; i < chains; ++i) sum[i] = splat(static_cast<float>(i));
  vf a = splat(0.999f), b = splat(0.001f);
  volatile float keep = 0.999f;  // hides the value from the compiler
  a = splat(keep);
  double best = 0;
  const double end = seconds_now() + seconds;
  while (seconds_now() < end) {
    const double start = seconds_now();
    for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
      for (int i = 0; i < chains; ++i) sum[i] = sum[i] * a + b;
    }
    const double rate = 2.0 * kLanes * chains * rounds / (seconds_now() - start);
    if (rate > best) best = rate;
  }
  vf total = sum[0];
  for (int i = 1; i < chains; ++i) total += sum[i];
  volatile float sink = total[0];
  (void)sink;
  return best;
}
