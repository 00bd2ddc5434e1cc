// Building blocks for matrices with few columns: products and sums of rows. Included once per instruction set, after simd.inc.h.

static double dot(const float* a, const float* b, int64_t n) {
  vf sum[2] = {};
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    sum[0] += load(a + i) * load(b + i);
    sum[1] += load(a + i + kLanes) * load(b + i + kLanes);
  }
  sum[0] += sum[1];
  double total = 0;
  for (int lane = 0; lane < kLanes; ++lane) total += sum[0][lane];
  for (; i < n; ++i) total += static_cast<double>(a[i]) * b[i];
  return total;
}

// out += scales[0] * rows[0] + ... + scales[R - 1] * rows[R - 1], with contiguous rows of n values.
template <int R>
static void add_rows(const float* rows, const float* scales, int64_t n, float* out) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    vf sum = load(out + i);
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) sum += load(rows + r * n + i) * splat(scales[r]);
    store(out + i, sum);
  }
  for (; i < n; ++i)
    for (int r = 0; r < R; ++r) out[i] += rows[r * n + i] * scales[r];
}

// out += sum of scales[r] * row r.
static void add_weighted_rows(const float* rows, const float* scales, int64_t count, int64_t n, float* out) {
  int64_t r = 0;
  for (; r + 4 <= count; r += 4) add_rows<4>(rows + r * n, scales + r, n, out);
  for (; r < count; ++r) add_rows<1>(rows + r * n, scales + r, n, out);
}
