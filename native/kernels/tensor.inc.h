// Included once per instruction set, after simd.inc.h.

static void silu(const float* x, float* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] / (1.0f + __builtin_expf(-x[i]));
}
