// Squeeze-excitation at the end of a residual branch: y = skip + weight * branch * factors, with
// factors = sigmoid(relu(mean W1 + b1) W2 + b2) and the mean over the pixels of each image. Included once per instruction set,
// after reduce.inc.h.

// out = in W + b for each image, W [inputs, outputs].
static void dense(int64_t batch, int64_t inputs, int64_t outputs, const float* in, const float* w, const float* b,
                  float* out) {
  parallel(batch, [&](int64_t image) {
    float* to = out + image * outputs;
    std::memcpy(to, b, static_cast<size_t>(outputs) * sizeof(float));
    add_weighted_rows(w, in + image * inputs, inputs, outputs, to);
  });
}

// Computes the gradients of `dense` from the gradient of its result.
static void dense_gradient(int64_t batch, int64_t inputs, int64_t outputs, const float* dy, const float* in,
                           const float* w, float* dw, float* db, float* din) {
  std::memset(db, 0, static_cast<size_t>(outputs) * sizeof(float));
  for (int64_t image = 0; image < batch; ++image)
    for (int64_t i = 0; i < outputs; ++i) db[i] += dy[image * outputs + i];
  const int64_t rows = most(1, kTaskElements / outputs / batch);
  parallel(ceil_div(inputs, rows), [&](int64_t task) {
    for (int64_t row = task * rows; row < least(inputs, (task + 1) * rows); ++row) {
      float* out = dw + row * outputs;
      std::memset(out, 0, static_cast<size_t>(outputs) * sizeof(float));
      for (int64_t image = 0; image < batch; ++image) {
        add_rows<1>(dy + image * outputs, in + image * inputs + row, outputs, out);
        din[image * inputs + row] = static_cast<float>(dot(w + row * outputs, dy + image * outputs, outputs));
      }
    }
  });
}

// Calls body(image, first, last) for all pixels of all images, with one task per range.
template <typename Body>
static void for_pixels(const ExciteShape& s, const Body& body) {
  const int64_t piece = most(1, kTaskElements / s.channels), pieces = ceil_div(s.pixels, piece);
  parallel(s.batch * pieces, [&](int64_t task) {
    const int64_t first = task % pieces * piece;
    body(task / pieces, first, least(s.pixels, first + piece));
  });
}

template <typename In>
static void add_excited(const ExciteShape& s, const float* skip, const In* branch, const ExciteWeights& w, const ExciteState& state,
                        float* y) {
  reduce_all<reduction::Sum>(s.batch, s.pixels, s.channels, 1.0f / static_cast<float>(s.pixels), branch, state.means);
  dense(s.batch, s.channels, s.hidden, state.means, w.w1, w.b1, state.hidden);
  for (int64_t i = 0; i < s.batch * s.hidden; ++i) {
    const float value = state.hidden[i];
    state.hidden[i] = value < 0 ? 0 : value;  // keeps NaN
  }
  dense(s.batch, s.hidden, s.channels, state.hidden, w.w2, w.b2, state.factors);
  map<unary_op::Sigmoid>(state.factors, state.factors, s.batch * s.channels, 0, 0);
  for_pixels(s, [&](int64_t image, int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p) {
      const int64_t row = (image * s.pixels + p) * s.channels;
      for_channels(s.channels, [&](int64_t c, int lanes) {
        const vf factor = load_n(state.factors + image * s.channels + c, lanes) * splat(s.weight);
        store_n(y + row + c, load_n(skip + row + c, lanes) + load_n(branch + row + c, lanes) * factor, lanes);
      });
    }
  });
}

static void squeeze_excite(const ExciteShape& s, const float* skip, const Features& from, const ExciteWeights& w,
                           const ExciteState& state, float* y) {
  as_stored(from, [&](const auto* branch) { add_excited(s, skip, branch, w, state, y); });
}

template <typename In, typename Out>
static void excite_gradient(const ExciteShape& s, const float* dy, const In* branch, const ExciteWeights& w,
                            const ExciteState& state, const ExciteGradients& d, Out* dbranch) {
  const int64_t size = s.batch * s.channels, piece = most(1, kTaskElements / s.channels);
  const int64_t pieces = ceil_div(s.pixels, piece);
  float* dfactors = scratch(Slot::kWindow, static_cast<size_t>(2 * size + s.batch * s.hidden));
  float *dmeans = dfactors + size, *dhidden = dmeans + size;
  float* partials = scratch(Slot::kPartials, static_cast<size_t>(pieces * size));
  for_pixels(s, [&](int64_t image, int64_t first, int64_t last) {
    float* sums = partials + (first / piece * s.batch + image) * s.channels;
    std::memset(sums, 0, static_cast<size_t>(s.channels) * sizeof(float));
    for (int64_t p = first; p < last; p += 4) {
      const int64_t rows = least(4, last - p), start = (image * s.pixels + p) * s.channels;
      for_channels(s.channels, [&](int64_t c, int lanes) {
        vf sum = {};
        for (int64_t r = 0; r < rows; ++r) {
          const int64_t i = start + r * s.channels + c;
          sum += load_n(dy + i, lanes) * load_n(branch + i, lanes);
        }
        store_n(sums + c, load_n(sums + c, lanes) + sum, lanes);
      });
    }
  });
  // The gradient in the input of the sigmoid.
  for (int64_t i = 0; i < size; ++i) {
    double sum = 0;
    for (int64_t part = 0; part < pieces; ++part) sum += partials[part * size + i];
    const float factor = state.factors[i];
    dfactors[i] = static_cast<float>(sum) * s.weight * factor * (1.0f - factor);
  }
  dense_gradient(s.batch, s.hidden, s.channels, dfactors, state.hidden, w.w2, d.w2, d.b2, dhidden);
  for (int64_t i = 0; i < s.batch * s.hidden; ++i)
    if (!(state.hidden[i] > 0)) dhidden[i] = 0;
  dense_gradient(s.batch, s.channels, s.hidden, dhidden, state.means, w.w1, d.w1, d.b1, dmeans);
  const vf share = splat(1.0f / static_cast<float>(s.pixels));
  for_pixels(s, [&](int64_t image, int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p) {
      const int64_t row = (image * s.pixels + p) * s.channels;
      for_channels(s.channels, [&](int64_t c, int lanes) {
        const int64_t at = image * s.channels + c;
        const vf factor = load_n(state.factors + at, lanes) * splat(s.weight);
        store_n(dbranch + row + c, load_n(dy + row + c, lanes) * factor + load_n(dmeans + at, lanes) * share, lanes);
      });
    }
  });
}

static void squeeze_excite_gradient(const ExciteShape& s, const float* dy, const Features& from, const ExciteWeights& w,
                                    const ExciteState& state, const ExciteGradients& d) {
  as_stored(from, [&](const auto* branch) {
    as_stored(d.branch, [&](auto* dbranch) { excite_gradient(s, dy, branch, w, state, d, dbranch); });
  });
}
