// Norms of weights: the two terms of the regularisation and weight normalisation, each with its gradient; see
// src/engine/fused. Included once per instruction set, after rows.inc.h.
//
// A weight is read row by row, in chunks of rows that depend only on the shape. The results of the chunks are added in order.

static int64_t weight_chunk(const WeightShape& s) { return most(1, 4 * kTaskElements / s.columns); }

// sums = W' scales, where row_scales(first, last, scales) provides the factor of each row.
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
      add_weighted_rows(w + row * s.columns, scales, count, s.columns, out);
    }
  });
  for (int64_t c = 0; c < s.columns; ++c) {
    double sum = 0;
    for (int64_t i = 0; i < chunks; ++i) sum += partials[i * s.columns + c];
    sums[c] = static_cast<float>(sum);
  }
}

// images = W v and sums = W' W v, reading W once.
static void normal_product(const WeightShape& s, const float* w, const float* v, float* images, float* sums) {
  const auto scales = [&](int64_t first, int64_t last, float* out) {
    for (int64_t row = first; row < last; ++row) {
      images[row] = static_cast<float>(dot(w + row * s.columns, v, s.columns));
      out[row - first] = images[row];
    }
  };
  sum_rows(s, w, scales, sums);
}

// Converts the start from [inputs, taps] to [taps, inputs], as in the rows, and scales it to length 1.
static void unit_start(const WeightShape& s, const float* start, float* v0) {
  const int64_t taps = s.rows / s.inputs;
  const double length = std::sqrt(dot(start, start, s.rows));
  const double divisor = length > s.smallest_norm ? length : s.smallest_norm;
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t i = 0; i < s.inputs; ++i) v0[tap * s.inputs + i] = static_cast<float>(start[i * taps + tap] / divisor);
}

static void spectral_penalty(const WeightShape& s, const float* w, const float* start, const SpectralState& state) {
  unit_start(s, start, state.v0);
  const auto given = [&](int64_t first, int64_t last, float* out) {
    std::memcpy(out, state.v0 + first, static_cast<size_t>(last - first) * sizeof(float));
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

// dW = v1 db' + du a' + v0 da', with db = 2 dy b, du the gradient in the vector before its division by the norm, da = W' du.
static void spectral_penalty_gradient(const WeightShape& s, float dy, const float* w, const SpectralState& state,
                                      float* dw) {
  float* du = scratch(Slot::kWindow, static_cast<size_t>(s.rows + 2 * s.columns));
  float *db = du + s.rows, *da = db + s.columns;
  for (int64_t c = 0; c < s.columns; ++c) db[c] = 2 * dy * state.b[c];
  normal_product(s, w, db, du, da);  // the gradient in v1, and W' times it
  const double norm = *state.norm, divisor = norm > s.smallest_norm ? norm : s.smallest_norm;
  // If the norm is below its lower bound, v1 is linear in the vector that is divided.
  const double along = norm >= s.smallest_norm ? dot(state.v1, du, s.rows) : 0;
  for (int64_t row = 0; row < s.rows; ++row)
    du[row] = static_cast<float>((du[row] - along * state.v1[row]) / divisor);
  for (int64_t c = 0; c < s.columns; ++c) da[c] = static_cast<float>((da[c] - along * state.b[c]) / divisor);
  const int64_t chunk = weight_chunk(s);
  parallel(ceil_div(s.rows, chunk), [&](int64_t task) {
    for (int64_t row = task * chunk; row < least(s.rows, (task + 1) * chunk); ++row) {
      float* out = dw + row * s.columns;
      const float of_db = state.v1[row], of_a = du[row], of_da = state.v0[row];
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

// If several values are the largest, they share the gradient.
static void largest_magnitude_gradient(float dy, const float* x, int64_t n, float* dx) {
  const float largest = largest_magnitude(x, n);
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) count += __builtin_fabsf(x[i]) == largest;
  const float share = dy / static_cast<float>(count);
  for (int64_t i = 0; i < n; ++i)
    dx[i] = __builtin_fabsf(x[i]) != largest || x[i] == 0 ? 0 : x[i] > 0 ? share : -share;
}

// w = g * v / |v| for each column of v; epsilon is added to the squared length.
static void weight_norm(const WeightShape& s, const float* v, const float* g, float* w) {
  const int64_t block = 4 * kLanes;
  parallel(ceil_div(s.columns, block), [&](int64_t task) {
    const int64_t first = task * block, columns = least(block, s.columns - first);
    for_channels(columns, [&](int64_t c, int lanes) {
      const float* in = v + first + c;
      vf square = splat(s.epsilon);
      for (int64_t row = 0; row < s.rows; ++row) {
        const vf x = load_n(in + row * s.columns, lanes);
        square += x * x;
      }
      const vf scale = load_n(g + first + c, lanes) / square_root(square);
      for (int64_t row = 0; row < s.rows; ++row)
        store_n(w + first + c + row * s.columns, load_n(in + row * s.columns, lanes) * scale, lanes);
    });
  });
}

// dg = sum of dw v / |v|, dv = g / |v| (dw - v sum of dw v / |v|^2)
static void weight_norm_gradient(const WeightShape& s, const float* dw, const float* v, const float* g, float* dv,
                                 float* dg) {
  const int64_t block = 4 * kLanes;
  parallel(ceil_div(s.columns, block), [&](int64_t task) {
    const int64_t first = task * block, columns = least(block, s.columns - first);
    for_channels(columns, [&](int64_t c, int lanes) {
      const float *in = v + first + c, *slope = dw + first + c;
      vf square = splat(s.epsilon), along = {};
      for (int64_t row = 0; row < s.rows; ++row) {
        const vf x = load_n(in + row * s.columns, lanes);
        square += x * x;
        along += x * load_n(slope + row * s.columns, lanes);
      }
      const vf length = square_root(square);
      store_n(dg + first + c, along / length, lanes);
      const vf scale = load_n(g + first + c, lanes) / length, share = along / square;
      for (int64_t row = 0; row < s.rows; ++row) {
        const int64_t i = row * s.columns;
        store_n(dv + first + c + i, scale * (load_n(slope + i, lanes) - load_n(in + i, lanes) * share), lanes);
      }
    });
  });
}
