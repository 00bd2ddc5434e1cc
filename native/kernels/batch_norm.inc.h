// Batch normalisation of [rows, channels], followed by an optional SiLU. Included once per instruction set, after
// elementwise.inc.h.
//
// Every pass reads memory in the order of its addresses, one row after the other: several rows at a time would be read at half the
// speed. Sums per channel are in arrays that stay in L1. Short rows are joined to a wide one, so that there are enough independent
// sums and whole vectors for any number of channels; the values of a channel are repeated for it. The second pass of a kernel begins
// with the chunk that the first one read last and that is still in the cache.
// Statistics: each chunk of rows gives its mean and its sum of squared distances to that mean while it is in the cache. The
// chunks are combined in order and in double precision. So a large mean costs no accuracy.

constexpr int64_t kWideRow = 8 * kLanes;  // floats of a row with enough independent sums
constexpr int64_t kWidestRow = 1024;      // rows are joined up to this width
constexpr int64_t kChannelsPerTask = 512;

// [rows, channels] as rows of `repeats` rows each. The last one may be shorter.
struct WideRows {
  int64_t channels, repeats, width, size;
  int64_t chunk;  // elements per task

  explicit WideRows(const BatchNormShape& s) : channels(s.channels), repeats(1), size(s.rows * s.channels) {
    int64_t whole_vectors = 1;
    while (whole_vectors * channels % kLanes != 0) whole_vectors *= 2;
    const int64_t wanted = whole_vectors * ceil_div(kWideRow, whole_vectors * channels);
    if (wanted * channels <= kWidestRow) repeats = wanted;
    width = repeats * channels;
    chunk = most(1, kTaskElements / width) * width;
  }

  int64_t chunks() const { return ceil_div(size, chunk); }
  int64_t first(int64_t task) const { return task * chunk; }
  int64_t last(int64_t task) const { return least(size, (task + 1) * chunk); }
  int64_t rows(int64_t task) const { return (last(task) - first(task)) / channels; }

  // Calls body(index, position in the wide row, lanes) for all elements of a chunk.
  template <typename Body>
  void for_chunk(int64_t task, const Body& body) const {
    for (int64_t i = first(task), end = last(task); i < end; i += width)
      for_channels(least(width, end - i), [&](int64_t c, int lanes) { body(i + c, c, lanes); });
  }

  // Repeats values per channel to the width of a wide row.
  void repeat(float* values) const {
    for (int64_t i = channels; i < width; ++i) values[i] = values[i - channels];
  }

  // Adds up the values of a wide row that belong to the same channel.
  void fold(float* values) const {
    for (int64_t i = channels; i < width; i += channels) {
      for_channels(channels, [&](int64_t c, int lanes) {
        store_n(values + c, load_n(values + c, lanes) + load_n(values + i + c, lanes), lanes);
      });
    }
  }
};

// for_channels with several threads if there are many.
template <typename Body>
static inline void for_all_channels(int64_t channels, const Body& body) {
  parallel(ceil_div(channels, kChannelsPerTask), [&](int64_t task) {
    const int64_t first = task * kChannelsPerTask;
    for_channels(least(kChannelsPerTask, channels - first), [&](int64_t c, int lanes) { body(first + c, lanes); });
  });
}

template <typename In>
static void chunk_statistics(const WideRows& rows, int64_t task, const In* x, float* mean, float* squares) {
  float* sums = scratch(Slot::kRows, static_cast<size_t>(2 * rows.width));
  float* distances = sums + rows.width;
  zero_floats(sums, 2 * rows.width);
  rows.for_chunk(task, [&](int64_t i, int64_t c, int lanes) {
    store_n(sums + c, load_n(sums + c, lanes) + load_n(x + i, lanes), lanes);
  });
  rows.fold(sums);
  const float count = static_cast<float>(rows.rows(task));
  for (int64_t c = 0; c < rows.channels; ++c) mean[c] = sums[c] /= count;
  rows.repeat(sums);
  rows.for_chunk(task, [&](int64_t i, int64_t c, int lanes) {
    const vf d = load_n(x + i, lanes) - load_n(sums + c, lanes);
    store_n(distances + c, load_n(distances + c, lanes) + d * d, lanes);
  });
  rows.fold(distances);
  copy_floats(squares, distances, rows.channels);
}

// 1 / sqrt(variance + epsilon) for each channel, times gamma if there is one.
static vf deviation_scale(const BatchNormShape& s, const float* variance, const float* gamma, int64_t c, int lanes) {
  const vf deviation = square_root(load_n(variance + c, lanes) + splat(s.epsilon));
  return (gamma ? load_n(gamma + c, lanes) : splat(1.0f)) / deviation;
}

template <typename In, typename Out>
static void normalize_to(const BatchNormShape& s, const In* x, const float* mean, const float* variance, const float* gamma,
                         const float* beta, Out* y) {
  const WideRows rows(s);
  float* centres = scratch(Slot::kWindow, static_cast<size_t>(3 * rows.width));
  float *scales = centres + rows.width, *shifts = scales + rows.width;
  for_channels(s.channels, [&](int64_t c, int lanes) {
    store_n(centres + c, load_n(mean + c, lanes), lanes);
    store_n(scales + c, deviation_scale(s, variance, gamma, c, lanes), lanes);
    store_n(shifts + c, load_n(beta + c, lanes), lanes);
  });
  for (float* values : {centres, scales, shifts}) rows.repeat(values);
  const auto normalized = [=](int64_t i, int64_t c, int lanes) {
    return (load_n(x + i, lanes) - load_n(centres + c, lanes)) * load_n(scales + c, lanes) + load_n(shifts + c, lanes);
  };
  const int64_t chunks = rows.chunks();
  parallel(chunks, [&](int64_t task) {
    const auto plain = [&](int64_t i, int64_t c, int lanes) { store_n(y + i, normalized(i, c, lanes), lanes); };
    const auto silu = [&](int64_t i, int64_t c, int lanes) {
      const vf u = normalized(i, c, lanes);
      store_n(y + i, u * sigmoid(u), lanes);
    };
    const int64_t from_last = chunks - 1 - task;
    if (s.silu) rows.for_chunk(from_last, silu);
    else rows.for_chunk(from_last, plain);
  });
}

// One scale and one shift per channel for a norm with given statistics, after a convolution with this bias or none.
static void fold_norm(int64_t channels, double epsilon, const float* bias, const float* mean, const float* variance,
                      const float* gamma, const float* beta, float* scale, float* shift) {
  for (int64_t c = 0; c < channels; ++c) {
    const double factor = gamma[c] / std::sqrt(variance[c] + epsilon);
    scale[c] = static_cast<float>(factor);
    shift[c] = static_cast<float>(((bias ? bias[c] : 0.0) - mean[c]) * factor + beta[c]);
  }
}

static void normalize(const BatchNormShape& s, const Features& from, const float* mean, const float* variance,
                      const float* gamma, const float* beta, const Features& to) {
  as_stored(from, [&](const auto* x) {
    as_stored(to, [&](auto* y) { normalize_to(s, x, mean, variance, gamma, beta, y); });
  });
}

// Calls body(channel, mean, sum of the squared distances to it, lanes) for all channels.
template <typename In, typename Body>
static void for_statistics(const BatchNormShape& s, const In* x, const Body& body) {
  const WideRows rows(s);
  const int64_t chunks = rows.chunks();
  float* means = scratch(Slot::kPartials, static_cast<size_t>(2 * chunks * s.channels));
  float* squares = means + chunks * s.channels;
  parallel(chunks, [&](int64_t task) {
    chunk_statistics(rows, task, x, means + task * s.channels, squares + task * s.channels);
  });
  for_all_channels(s.channels, [&](int64_t c, int lanes) {
    vd sum = {}, square = {};
    for (int64_t i = 0; i < chunks; ++i)
      sum += to_double(load_n(means + i * s.channels + c, lanes)) * static_cast<double>(rows.rows(i));
    const vd m = sum / static_cast<double>(s.rows);
    for (int64_t i = 0; i < chunks; ++i) {
      const vd d = to_double(load_n(means + i * s.channels + c, lanes)) - m;
      square += to_double(load_n(squares + i * s.channels + c, lanes)) + d * d * static_cast<double>(rows.rows(i));
    }
    body(c, m, square, lanes);
  });
}

static void batch_norm(const BatchNormShape& s, const Features& from, const float* gamma, const float* beta, const Features& to,
                       float* mean, float* variance) {
  const double count = static_cast<double>(s.rows);
  as_stored(from, [&](const auto* x) {
    for_statistics(s, x, [&](int64_t c, vd m, vd square, int lanes) {
      store_n(mean + c, to_float(m), lanes);
      store_n(variance + c, to_float(square / count), lanes);
    });
  });
  normalize(s, from, mean, variance, gamma, beta, to);
}

// For the rows of a larger batch: their sum, and the sum of their squares. In double precision, squares cost no accuracy, however far
// the mean is from 0.
static void batch_sums(const BatchNormShape& s, const Features& from, double* sums) {
  const double count = static_cast<double>(s.rows);
  as_stored(from, [&](const auto* x) {
    for_statistics(s, x, [&](int64_t c, vd m, vd square, int lanes) {
      const vd sum = m * count, squares = square + m * sum;
      for (int lane = 0; lane < lanes; ++lane) {
        sums[c + lane] = sum[lane];
        sums[s.channels + c + lane] = squares[lane];
      }
    });
  });
}

// Mean and biased variance from the sums of all rows.
static void batch_statistics(int64_t channels, double rows, const double* sums, float* mean, float* variance) {
  for (int64_t c = 0; c < channels; ++c) {
    const double m = sums[c] / rows, v = sums[channels + c] / rows - m * m;
    mean[c] = static_cast<float>(m);
    variance[c] = static_cast<float>(v > 0 ? v : v - v);  // NaN stays
  }
}

// Per channel, repeated for a wide row.
struct GradientFactors {
  float *mean, *scale, *beta;  // of the activation's input: (x - mean) * scale + beta
};

// The sums of a chunk of g and of g * (x - mean), where g is the gradient in the input of the activation; stores g in dx.
template <typename In, typename Gradient>
static void chunk_gradient_sums(const WideRows& rows, bool silu, int64_t task, const Gradient* dy, const In* x,
                                const GradientFactors& f, Gradient* dx, float* sums, float* products) {
  float* sum = scratch(Slot::kRows, static_cast<size_t>(2 * rows.width));
  float* product = sum + rows.width;
  zero_floats(sum, 2 * rows.width);
  const auto add = [=](int64_t c, vf g, vf distance, int lanes) {
    store_n(sum + c, load_n(sum + c, lanes) + g, lanes);
    store_n(product + c, load_n(product + c, lanes) + g * distance, lanes);
  };
  if (silu) {
    rows.for_chunk(task, [&](int64_t i, int64_t c, int lanes) {
      const vf d = load_n(x + i, lanes) - load_n(f.mean + c, lanes);
      const vf u = d * load_n(f.scale + c, lanes) + load_n(f.beta + c, lanes);
      const vf g = binary_op::SiluGrad::run(load_n(dy + i, lanes), u);
      store_n(dx + i, g, lanes);
      add(c, g, d, lanes);
    });
  } else {
    rows.for_chunk(task, [&](int64_t i, int64_t c, int lanes) {
      add(c, load_n(dy + i, lanes), load_n(x + i, lanes) - load_n(f.mean + c, lanes), lanes);
    });
  }
  rows.fold(sum);
  rows.fold(product);
  copy_floats(sums, sum, rows.channels);
  copy_floats(products, product, rows.channels);
}

// With xhat = (x - mean) / sqrt(variance + epsilon) and g the gradient in the input of the activation:
// dbeta = sum g, dgamma = sum g * xhat, dx = gamma / sqrt(variance + epsilon) * (g - dbeta / rows - xhat * dgamma / rows).
// These are two kernels, because dx needs the sums over the whole batch, and these rows may be a part of it. The first one leaves g in
// dx if an activation follows; otherwise g is dy. dx may be dy.
template <typename In, typename Gradient>
static void gradient_sums(const BatchNormShape& s, const Gradient* dy, const In* x, const float* gamma, const float* beta,
                          const float* mean, const float* variance, Gradient* g, float* dgamma, float* dbeta) {
  const WideRows rows(s);
  const int64_t chunks = rows.chunks();
  float* factors = scratch(Slot::kWindow, static_cast<size_t>(3 * rows.width));
  const GradientFactors f = {factors, factors + rows.width, factors + 2 * rows.width};
  for_channels(s.channels, [&](int64_t c, int lanes) {
    store_n(f.mean + c, load_n(mean + c, lanes), lanes);
    store_n(f.scale + c, deviation_scale(s, variance, gamma, c, lanes), lanes);
    store_n(f.beta + c, load_n(beta + c, lanes), lanes);
  });
  for (float* values : {f.mean, f.scale, f.beta}) rows.repeat(values);
  float* partials = scratch(Slot::kPartials, static_cast<size_t>(2 * chunks * s.channels));
  parallel(chunks, [&](int64_t task) {
    float* sums = partials + task * s.channels;
    chunk_gradient_sums(rows, s.silu, task, dy, x, f, g, sums, sums + chunks * s.channels);
  });
  for_all_channels(s.channels, [&](int64_t c, int lanes) {
    vd sum = {}, product = {};
    for (int64_t i = 0; i < chunks; ++i) {
      sum += to_double(load_n(partials + i * s.channels + c, lanes));
      product += to_double(load_n(partials + (chunks + i) * s.channels + c, lanes));
    }
    store_n(dbeta + c, to_float(sum), lanes);
    store_n(dgamma + c, to_float(product) * deviation_scale(s, variance, nullptr, c, lanes), lanes);
  });
}

// dgamma and dbeta are those of the whole batch, and `whole` is the number of its rows.
template <typename In, typename Gradient>
static void gradient_from_sums(const BatchNormShape& s, int64_t whole, const Gradient* g, const In* x, const float* gamma,
                               const float* mean, const float* variance, const float* dgamma, const float* dbeta, Gradient* dx) {
  const WideRows rows(s);
  const int64_t chunks = rows.chunks();
  float* centres = scratch(Slot::kWindow, static_cast<size_t>(4 * rows.width));
  float *scales = centres + rows.width, *distances = scales + rows.width, *shifts = distances + rows.width;
  const vf share = splat(1.0f / static_cast<float>(whole));
  for_channels(s.channels, [&](int64_t c, int lanes) {
    const vf inverse = deviation_scale(s, variance, nullptr, c, lanes), scale = deviation_scale(s, variance, gamma, c, lanes);
    store_n(centres + c, load_n(mean + c, lanes), lanes);
    store_n(scales + c, scale, lanes);
    store_n(distances + c, -scale * inverse * load_n(dgamma + c, lanes) * share, lanes);
    store_n(shifts + c, -scale * load_n(dbeta + c, lanes) * share, lanes);
  });
  for (float* values : {centres, scales, distances, shifts}) rows.repeat(values);
  parallel(chunks, [&](int64_t task) {
    rows.for_chunk(chunks - 1 - task, [&](int64_t i, int64_t c, int lanes) {
      const vf along = (load_n(x + i, lanes) - load_n(centres + c, lanes)) * load_n(distances + c, lanes);
      store_n(dx + i, load_n(g + i, lanes) * load_n(scales + c, lanes) + along + load_n(shifts + c, lanes), lanes);
    });
  });
}

static void batch_norm_gradient_sums(const BatchNormShape& s, const Features& gradient, const Features& from, const float* gamma,
                                     const float* beta, const float* mean, const float* variance, const Features& to,
                                     float* dgamma, float* dbeta) {
  as_stored(from, [&](const auto* x) {
    as_stored(gradient, [&](auto* dy) {
      gradient_sums(s, dy, x, gamma, beta, mean, variance, static_cast<decltype(dy)>(to.data), dgamma, dbeta);
    });
  });
}

static void batch_norm_gradient(const BatchNormShape& s, int64_t whole, const Features& gradient, const Features& from,
                                const float* gamma, const float* mean, const float* variance, const float* dgamma,
                                const float* dbeta, const Features& to) {
  as_stored(from, [&](const auto* x) {
    as_stored(gradient, [&](auto* g) {
      gradient_from_sums(s, whole, g, x, gamma, mean, variance, dgamma, dbeta, static_cast<decltype(g)>(to.data));
    });
  });
}
