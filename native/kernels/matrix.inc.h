// Included once per instruction set, after simd.inc.h.

static double seconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// 16 independent chains hide the latency of a fused multiply-add on every processor we know of.
static double peak_fma(double seconds) {
  constexpr int chains = 16;
  vf sum[chains];
  for (int i = 0; i < chains; ++i) sum[i] = splat(static_cast<float>(i));
  vf a = splat(0.999f), b = splat(0.001f);
  double best = 0;
  const double end = seconds_now() + seconds;
  while (seconds_now() < end) {
    const double start = seconds_now();
    constexpr int64_t rounds = 20000;
    for (int64_t round = 0; round < rounds; ++round) {
      for (int i = 0; i < chains; ++i) sum[i] = sum[i] * a + b;
      asm volatile("" : "+m"(*(char*)&a));
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
