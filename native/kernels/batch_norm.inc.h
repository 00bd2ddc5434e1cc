// Batch normalisation of [rows, channels], with an optional SiLU behind it. Included once per instruction set, after
// elementwise.inc.h.
//
// Statistics: each chunk of rows gives its mean and its sum of squared distances to that mean while it is in the cache; the chunks
// are combined in order and in double precision (Chan, Golub, LeVeque 1983). So x is read twice in all, and a large mean does no
// harm.

static int64_t rows_per_chunk(const BatchNormShape& s) { return most(1, kTaskElements / s.channels); }

static void chunk_statistics(const BatchNormShape& s, const float* x, int64_t rows, float* mean, float* squares) {
  for_channels(s.channels, [&](int64_t c, int lanes) {
    vf sum = {};
    for (int64_t r = 0; r < rows; ++r) sum += load_n(x + r * s.channels + c, lanes);
    const vf m = sum * splat(1.0f / static_cast<float>(rows));
    vf square = {};
    for (int64_t r = 0; r < rows; ++r) {
      const vf d = load_n(x + r * s.channels + c, lanes) - m;
      square += d * d;
    }
    store_n(mean + c, m, lanes);
    store_n(squares + c, square, lanes);
  });
}

static void normalize(const BatchNormShape& s, const float* x, const float* mean, const float* variance,
                      const float* gamma, const float* beta, float* y) {
  const int64_t chunk = rows_per_chunk(s);
  parallel(ceil_div(s.rows, chunk), [&](int64_t task) {
    const int64_t first = task * chunk, last = least(s.rows, first + chunk);
    for_channels(s.channels, [&](int64_t c, int lanes) {
      const vf m = load_n(mean + c, lanes), b = load_n(beta + c, lanes);
      const vf scale = load_n(gamma + c, lanes) / square_root(load_n(variance + c, lanes) + splat(s.epsilon));
      for (int64_t r = first; r < last; ++r) {
        const vf u = (load_n(x + r * s.channels + c, lanes) - m) * scale + b;
        store_n(y + r * s.channels + c, s.silu ? u * sigmoid(u) : u, lanes);
      }
    });
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
  for (int64_t c = 0; c < s.channels; ++c) {
    double count = 0, m = 0, square = 0;
    for (int64_t i = 0; i < chunks; ++i) {
      const double n = static_cast<double>(least(chunk, s.rows - i * chunk));
      const double delta = means[i * s.channels + c] - m;
      square += squares[i * s.channels + c] + delta * delta * count * n / (count + n);
      m += delta * n / (count + n);
      count += n;
    }
    mean[c] = static_cast<float>(m);
    variance[c] = static_cast<float>(square / count);
  }
  normalize(s, x, mean, variance, gamma, beta, y);
}

// With xhat = (x - mean) / sqrt(variance + epsilon) and g the gradient in front of the activation:
// dbeta = sum g, dgamma = sum g * xhat, dx = gamma / sqrt(variance + epsilon) * (g - dbeta / rows - xhat * dgamma / rows).
// The first pass leaves g in dx.
static void batch_norm_gradient(const BatchNormShape& s, const float* dy, const float* x, const float* gamma,
                                const float* beta, const float* mean, const float* variance, float* dx, float* dgamma,
                                float* dbeta) {
  const int64_t chunk = rows_per_chunk(s), chunks = ceil_div(s.rows, chunk);
  float* partials = scratch(Slot::kPartials, static_cast<size_t>(2 * chunks * s.channels));
  const auto inverse_deviation = [&](int64_t c, int lanes) {
    return splat(1.0f) / square_root(load_n(variance + c, lanes) + splat(s.epsilon));
  };
  parallel(chunks, [&](int64_t task) {
    const int64_t first = task * chunk, last = least(s.rows, first + chunk);
    for_channels(s.channels, [&](int64_t c, int lanes) {
      const vf m = load_n(mean + c, lanes), inverse = inverse_deviation(c, lanes);
      const vf scale = load_n(gamma + c, lanes), b = load_n(beta + c, lanes);
      vf sum = {}, weighted = {};
      // Sums of sums: one long row of additions would lose as many bits as its length has.
      for (int64_t block = first; block < last; block += 16) {
        vf block_sum = {}, block_weighted = {};
        for (int64_t r = block; r < least(last, block + 16); ++r) {
          const int64_t i = r * s.channels + c;
          const vf xhat = (load_n(x + i, lanes) - m) * inverse;
          vf g = load_n(dy + i, lanes);
          if (s.silu) {
            g = binary_op::SiluGrad::run(g, xhat * scale + b);
            store_n(dx + i, g, lanes);
          }
          block_sum += g;
          block_weighted += g * xhat;
        }
        sum += block_sum;
        weighted += block_weighted;
      }
      store_n(partials + task * s.channels + c, sum, lanes);
      store_n(partials + (chunks + task) * s.channels + c, weighted, lanes);
    });
  });
  for (int64_t c = 0; c < s.channels; ++c) {
    double sum = 0, weighted = 0;
    for (int64_t i = 0; i < chunks; ++i) {
      sum += partials[i * s.channels + c];
      weighted += partials[(chunks + i) * s.channels + c];
    }
    dbeta[c] = static_cast<float>(sum);
    dgamma[c] = static_cast<float>(weighted);
  }
  const float* g = s.silu ? dx : dy;
  const vf share = splat(1.0f / static_cast<float>(s.rows));
  parallel(chunks, [&](int64_t task) {
    const int64_t first = task * chunk, last = least(s.rows, first + chunk);
    for_channels(s.channels, [&](int64_t c, int lanes) {
      const vf m = load_n(mean + c, lanes), inverse = inverse_deviation(c, lanes);
      const vf scale = load_n(gamma + c, lanes) * inverse;
      const vf mean_g = load_n(dbeta + c, lanes) * share, mean_weighted = load_n(dgamma + c, lanes) * share;
      for (int64_t r = first; r < last; ++r) {
        const int64_t i = r * s.channels + c;
        const vf xhat = (load_n(x + i, lanes) - m) * inverse;
        store_n(dx + i, scale * (load_n(g + i, lanes) - mean_g - xhat * mean_weighted), lanes);
      }
    });
  });
}
