// The largest singular values of many weights by power iteration; see src/engine/fused/spectralNorms.ts. Included once per
// instruction set, after rows.inc.h.
//
// A task has one weight, which stays in the cache of its core over all iterations. The results therefore do not depend on the number
// of threads. The caller puts the largest weights first, so that no thread is left with one of them at the end.

// One weight W' [rows, columns] with u [columns] and v [rows].
static void spectral_norm(const SpectralNorm& s, int64_t iterations, float smallest_norm) {
  float* sums = scratch(Slot::kRows, static_cast<size_t>(s.columns));
  const size_t bytes = static_cast<size_t>(s.columns) * sizeof(float);
  std::memcpy(s.u, s.before, bytes);
  double norm = 0;
  for (int64_t i = 0; i < iterations; ++i) {
    // v = W u before its division by the norm, and sums = W' v, reading W once.
    std::memset(sums, 0, bytes);
    for (int64_t row = 0; row < s.rows; row += 4) {
      const int64_t count = least(4, s.rows - row);
      for (int64_t r = row; r < row + count; ++r) s.v[r] = static_cast<float>(dot(s.w + r * s.columns, s.u, s.columns));
      add_weighted_rows(s.w + row * s.columns, s.v + row, count, s.columns, sums);
    }
    const double length = std::sqrt(dot(s.v, s.v, s.rows));
    const double divisor = length > smallest_norm ? length : smallest_norm;
    norm = std::sqrt(dot(sums, sums, s.columns)) / divisor;
    const double scale = 1 / (divisor * (norm > smallest_norm ? norm : smallest_norm));
    for (int64_t row = 0; row < s.rows; ++row) s.v[row] = static_cast<float>(s.v[row] / divisor);
    for (int64_t c = 0; c < s.columns; ++c) s.u[c] = static_cast<float>(sums[c] * scale);
  }
  *s.norm = static_cast<float>(norm);
  // A weight of zeros has no direction; the vector waits for one that has.
  if (norm <= smallest_norm) std::memcpy(s.u, s.before, bytes);
}

static void spectral_norms(const SpectralNorm* weights, int64_t count, int64_t iterations, float smallest_norm) {
  parallel(count, [&](int64_t task) { spectral_norm(weights[task], iterations, smallest_norm); });
}

// dW = dy v u'
static void spectral_norms_gradient(const SpectralNorm* weights, int64_t count, float dy, float* const* dw) {
  parallel(count, [&](int64_t task) {
    const SpectralNorm& s = weights[task];
    for (int64_t row = 0; row < s.rows; ++row) {
      float* out = dw[task] + row * s.columns;
      const float scale = dy * s.v[row];
      int64_t c = 0;
      for (; c + kLanes <= s.columns; c += kLanes) store(out + c, load(s.u + c) * splat(scale));
      for (; c < s.columns; ++c) out[c] = s.u[c] * scale;
    }
  });
}
