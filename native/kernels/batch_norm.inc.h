// Batch normalisation of [rows, channels], followed by an optional SiLU. Included once per instruction set, after
// elementwise.inc.h.
//
// Reads memory sequentially, row by row; per-channel values are in arrays that stay in L1. Statistics: each chunk of rows
// gives its mean and its sum of squared distances to that mean while it is in the cache. The chunks are combined in order and
// in double precision. So x is read twice in total, and a large mean costs no accuracy.

constexpr int64_t kNormRows = 8;  // rows summed in registers before their sum is added to memory

static int64_t rows_per_chunk(const BatchNormShape& s) { return most(1, kTaskElements / s.channels); }

// out[channel] += sum over the rows of value(index, channel, lanes).
template <typename Value>
static inline void add_over_rows(const BatchNormShape& s, int64_t first, int64_t last, float* out, const Value& value) {
  for (int64_t block = first; block < last; block += kNormRows) {
    const int64_t end = least(last, block + kNormRows);
    for_channels(s.channels, [&](int64_t c, int lanes) {
      vf sum = {};
      for (int64_t r = block; r < end; ++r) sum += value(r * s.channels + c, c, lanes);
      store_n(out + c, load_n(out + c, lanes) + sum, lanes);
    });
  }
}

static void chunk_statistics(const BatchNormShape& s, const float* x, int64_t rows, float* mean, float* squares) {
  const size_t bytes = static_cast<size_t>(s.channels) * sizeof(float);
  std::memset(mean, 0, bytes);
  std::memset(squares, 0, bytes);
  add_over_rows(s, 0, rows, mean, [&](int64_t i, int64_t, int lanes) { return load_n(x + i, lanes); });
  for (int64_t c = 0; c < s.channels; ++c) mean[c] /= static_cast<float>(rows);
  add_over_rows(s, 0, rows, squares, [&](int64_t i, int64_t c, int lanes) {
    const vf d = load_n(x + i, lanes) - load_n(mean + c, lanes);
    return d * d;
  });
}

// Calls body(index, channel, lanes) for all elements, with one task per chunk of rows.
template <typename Body>
static inline void for_elements(const BatchNormShape& s, const Body& body) {
  const int64_t chunk = rows_per_chunk(s);
  parallel(ceil_div(s.rows, chunk), [&](int64_t task) {
    for (int64_t r = task * chunk; r < least(s.rows, (task + 1) * chunk); ++r)
      for_channels(s.channels, [&](int64_t c, int lanes) { body(r * s.channels + c, c, lanes); });
  });
}

// 1 / sqrt(variance + epsilon) for each channel, times gamma if there is one.
static void deviation_scales(const BatchNormShape& s, const float* variance, const float* gamma, float* scales) {
  for_channels(s.channels, [&](int64_t c, int lanes) {
    const vf deviation = square_root(load_n(variance + c, lanes) + splat(s.epsilon));
    store_n(scales + c, (gamma ? load_n(gamma + c, lanes) : splat(1.0f)) / deviation, lanes);
  });
}

static void normalize(const BatchNormShape& s, const float* x, const float* mean, const float* variance,
                      const float* gamma, const float* beta, float* y) {
  float* scales = scratch(Slot::kWindow, static_cast<size_t>(s.channels));
  deviation_scales(s, variance, gamma, scales);
  const auto normalized = [&](int64_t i, int64_t c, int lanes) {
    return (load_n(x + i, lanes) - load_n(mean + c, lanes)) * load_n(scales + c, lanes) + load_n(beta + c, lanes);
  };
  if (!s.silu)
    return for_elements(s, [&](int64_t i, int64_t c, int lanes) { store_n(y + i, normalized(i, c, lanes), lanes); });
  for_elements(s, [&](int64_t i, int64_t c, int lanes) {
    const vf u = normalized(i, c, lanes);
    store_n(y + i, u * sigmoid(u), lanes);
  });
}

static void batch_norm(const BatchNormShape& s, const float* x, const float* gamma, const float* beta, float* y,
                       float* mean, float* variance) {
  const int64_t chunk = rows_per_chunk(s), chunks = ceil_div(s.rows, chunk);
  float* means = scratch(Slot::kPartials, static_cast<size_t>(2 * chunks * s.channels));
  float* squares = means + chunks * s.channels;
  parallel(chunks, [&](int64_t task) {
    chunk_statistics(s, x + task * chunk * s.channels, least(chunk, s.rows - task * chunk), means + task * s.channels,
                     squares + task * s.channels);
  });
  const auto rows_of = [&](int64_t i) { return static_cast<double>(least(chunk, s.rows - i * chunk)); };
  const double rows = static_cast<double>(s.rows);
  for_channels(s.channels, [&](int64_t c, int lanes) {
    vd sum = {}, square = {};
    for (int64_t i = 0; i < chunks; ++i) sum += to_double(load_n(means + i * s.channels + c, lanes)) * rows_of(i);
    const vd m = sum / rows;
    for (int64_t i = 0; i < chunks; ++i) {
      const vd d = to_double(load_n(means + i * s.channels + c, lanes)) - m;
      square += to_double(load_n(squares + i * s.channels + c, lanes)) + d * d * rows_of(i);
    }
    store_n(mean + c, to_float(m), lanes);
    store_n(variance + c, to_float(square / rows), lanes);
  });
  normalize(s, x, mean, variance, gamma, beta, y);
}

// With xhat = (x - mean) / sqrt(variance + epsilon) and g the gradient in the input of the activation:
// dbeta = sum g, dgamma = sum g * xhat, dx = gamma / sqrt(variance + epsilon) * (g - dbeta / rows - xhat * dgamma / rows).
// The first pass stores g in dx.
static void batch_norm_gradient(const BatchNormShape& s, const float* dy, const float* x, const float* gamma,
                                const float* beta, const float* mean, const float* variance, float* dx, float* dgamma,
                                float* dbeta) {
  const int64_t chunk = rows_per_chunk(s), chunks = ceil_div(s.rows, chunk);
  float* inverse = scratch(Slot::kWindow, static_cast<size_t>(4 * s.channels));
  float *scales = inverse + s.channels, *mean_g = scales + s.channels, *mean_weighted = mean_g + s.channels;
  deviation_scales(s, variance, nullptr, inverse);
  deviation_scales(s, variance, gamma, scales);
  float* partials = scratch(Slot::kPartials, static_cast<size_t>(2 * chunks * s.channels));
  const auto xhat = [&](int64_t i, int64_t c, int lanes) {
    return (load_n(x + i, lanes) - load_n(mean + c, lanes)) * load_n(inverse + c, lanes);
  };
  parallel(chunks, [&](int64_t task) {
    float *sums = partials + task * s.channels, *weighted = sums + chunks * s.channels;
    std::memset(sums, 0, static_cast<size_t>(s.channels) * sizeof(float));
    std::memset(weighted, 0, static_cast<size_t>(s.channels) * sizeof(float));
    const int64_t last = least(s.rows, (task + 1) * chunk);
    for (int64_t block = task * chunk; block < last; block += kNormRows) {
      const int64_t end = least(last, block + kNormRows);
      for_channels(s.channels, [&](int64_t c, int lanes) {
        const vf scale = load_n(gamma + c, lanes), b = load_n(beta + c, lanes);
        vf sum = {}, product = {};
        for (int64_t r = block; r < end; ++r) {
          const int64_t i = r * s.channels + c;
          const vf h = xhat(i, c, lanes);
          vf g = load_n(dy + i, lanes);
          if (s.silu) {
            g = binary_op::SiluGrad::run(g, h * scale + b);
            store_n(dx + i, g, lanes);
          }
          sum += g;
          product += g * h;
        }
        store_n(sums + c, load_n(sums + c, lanes) + sum, lanes);
        store_n(weighted + c, load_n(weighted + c, lanes) + product, lanes);
      });
    }
  });
  const vf share = splat(1.0f / static_cast<float>(s.rows));
  for_channels(s.channels, [&](int64_t c, int lanes) {
    vd sum = {}, weighted = {};
    for (int64_t i = 0; i < chunks; ++i) {
      sum += to_double(load_n(partials + i * s.channels + c, lanes));
      weighted += to_double(load_n(partials + (chunks + i) * s.channels + c, lanes));
    }
    store_n(dbeta + c, to_float(sum), lanes);
    store_n(dgamma + c, to_float(weighted), lanes);
    store_n(mean_g + c, to_float(sum) * share, lanes);
    store_n(mean_weighted + c, to_float(weighted) * share, lanes);
  });
  const float* g = s.silu ? dx : dy;
  for_elements(s, [&](int64_t i, int64_t c, int lanes) {
    const vf centred = load_n(g + i, lanes) - load_n(mean_g + c, lanes);
    store_n(dx + i, load_n(scales + c, lanes) * (centred - xhat(i, c, lanes) * load_n(mean_weighted + c, lanes)), lanes);
  });
}
