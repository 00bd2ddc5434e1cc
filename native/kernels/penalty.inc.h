// The two terms of the regularisation, each with its gradient: see src/engine/fused. Included once per instruction set, after
// reduce.inc.h.
//
// A weight is read row by row. Rows are taken in chunks that depend on the shape alone, and what the chunks give is added in order.

static int64_t weight_chunk(const WeightShape& s) { return most(1, 4 * kTaskElements / s.columns); }

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

// out += scales[0] * rows[0] + ... + scales[R - 1] * rows[R - 1], rows of n values one behind the other.
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

// sums = W' scales, where row_scales(first, last, scales) says how much each row counts.
template <typename RowScales>
static void sum_rows(const WeightShape& s, const float* w, const RowScales& row_scales, float* sums) {
  const int64_t chunk = weight_chunk(s), chunks = ceil_div(s.rows, chunk);
  float* partials = scratch(Slot::kPartials, static_cast<size_t>(chunks * s.columns));
  parallel(chunks, [&](int64_t task) {
    float* out = partials + task * s.columns;
    std::memset(out, 0, static_cast<size_t>(s.columns) * sizeof(float));
    const int64_t last = least(s.rows, (task + 1) * chunk);
    float scales[4];
    for (int64_t row = task * chunk; row < last; row += 4) {
      const int64_t count = least(4, last - row);
      row_scales(row, row + count, scales);
      if (count == 4) add_rows<4>(w + row * s.columns, scales, s.columns, out);
      else
        for (int64_t r = 0; r < count; ++r) add_rows<1>(w + (row + r) * s.columns, scales + r, s.columns, out);
    }
  });
  for (int64_t c = 0; c < s.columns; ++c) {
    double sum = 0;
    for (int64_t i = 0; i < chunks; ++i) sum += partials[i * s.columns + c];
    sums[c] = static_cast<float>(sum);
  }
}

// images = W v and sums = W' W v, in one reading of W.
static void normal_product(const WeightShape& s, const float* w, const float* v, float* images, float* sums) {
  const auto scales = [&](int64_t first, int64_t last, float* out) {
    for (int64_t row = first; row < last; ++row) {
      images[row] = static_cast<float>(dot(w + row * s.columns, v, s.columns));
      out[row - first] = images[row];
    }
  };
  sum_rows(s, w, scales, sums);
}

static void spectral_penalty(const WeightShape& s, const float* w, const float* v0, const SpectralState& state) {
  const auto given = [&](int64_t first, int64_t last, float* out) {
    std::memcpy(out, v0 + first, static_cast<size_t>(last - first) * sizeof(float));
  };
  sum_rows(s, w, given, state.a);
  normal_product(s, w, state.a, state.v1, state.b);
  const double norm = std::sqrt(dot(state.v1, state.v1, s.rows));
  const double divisor = norm > s.smallest_norm ? norm : s.smallest_norm;
  for (int64_t row = 0; row < s.rows; ++row) state.v1[row] = static_cast<float>(state.v1[row] / divisor);
  for (int64_t c = 0; c < s.columns; ++c) state.b[c] = static_cast<float>(state.b[c] / divisor);
  *state.norm = static_cast<float>(norm);
  *state.penalty = static_cast<float>(dot(state.b, state.b, s.columns));
}

// dW = v1 db' + du a' + v0 da', with db = 2 dy b, du the gradient in front of the division by the norm, da = W' du.
static void spectral_penalty_gradient(const WeightShape& s, float dy, const float* w, const float* v0,
                                      const SpectralState& state, float* dw) {
  float* du = scratch(Slot::kWindow, static_cast<size_t>(s.rows + 2 * s.columns));
  float *db = du + s.rows, *da = db + s.columns;
  for (int64_t c = 0; c < s.columns; ++c) db[c] = 2 * dy * state.b[c];
  normal_product(s, w, db, du, da);  // the gradient in v1, and W' times it
  const double norm = *state.norm, divisor = norm > s.smallest_norm ? norm : s.smallest_norm;
  // Where the norm is held at its smallest value, v1 is linear in what is divided.
  const double along = norm >= s.smallest_norm ? dot(state.v1, du, s.rows) : 0;
  for (int64_t row = 0; row < s.rows; ++row)
    du[row] = static_cast<float>((du[row] - along * state.v1[row]) / divisor);
  for (int64_t c = 0; c < s.columns; ++c) da[c] = static_cast<float>((da[c] - along * state.b[c]) / divisor);
  const int64_t chunk = weight_chunk(s);
  parallel(ceil_div(s.rows, chunk), [&](int64_t task) {
    for (int64_t row = task * chunk; row < least(s.rows, (task + 1) * chunk); ++row) {
      float* out = dw + row * s.columns;
      const float of_db = state.v1[row], of_a = du[row], of_da = v0[row];
      int64_t c = 0;
      for (; c + kLanes <= s.columns; c += kLanes)
        store(out + c, load(db + c) * splat(of_db) + load(state.a + c) * splat(of_a) + load(da + c) * splat(of_da));
      for (; c < s.columns; ++c) out[c] = of_db * db[c] + of_a * state.a[c] + of_da * da[c];
    }
  });
}

static float largest_magnitude(const float* x, int64_t n) {
  float largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float size = __builtin_fabsf(x[i]);
    if (size > largest || size != size) largest = size;
  }
  return largest;
}

// Those that are the largest share the gradient.
static void largest_magnitude_gradient(float dy, const float* x, int64_t n, float* dx) {
  const float largest = largest_magnitude(x, n);
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) count += __builtin_fabsf(x[i]) == largest;
  const float share = dy / static_cast<float>(count);
  for (int64_t i = 0; i < n; ++i)
    dx[i] = __builtin_fabsf(x[i]) != largest || x[i] == 0 ? 0 : x[i] > 0 ? share : -share;
}
