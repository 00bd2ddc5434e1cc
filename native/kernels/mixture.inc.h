// Log probability of colours under mixtures, and its gradient in the raw parameters: the formulas that
// src/model/distributions composes of tfjs operations. Included once per instruction set, after elementwise.inc.h.
//
// A row of parameters holds k logits, k means and k log scales. As many rows as a vector has lanes are transposed, so that a
// vector holds the same parameter of each row and no sum crosses lanes. The gradient recomputes each row, since
// keeping the intermediate results would take twenty times the memory of the row.

// The log probability of colours for one component, and its slopes in the component's raw mean and raw scale.
struct ComponentSlopes {
  vf log_prob, mean, scale;
};

// Logistic distribution in steps of 1 / 255 on the scale 0 to 1; the first and the last colour get the whole tail.
struct DiscretizedLogistic {
  static constexpr float kLowerEdge = 0.0005f, kUpperEdge = 0.995f, kHalfWidth = 1.0f / 255;
  static constexpr float kSmallest = 1e-10f, kLogSmallest = -23.02585093f;

  template <bool Slopes>
  static inline ComponentSlopes run(vf raw_mean, vf raw_scale, vf colour) {
    const vf bound = splat(5.0f), lowest = splat(-7.0f), half = splat(kHalfWidth), none = vf{};
    const vi low = colour < splat(kLowerEdge), high = colour > splat(kUpperEdge);
    const vf mean = choose(raw_mean < -bound, -bound, choose(raw_mean > bound, bound, raw_mean));
    const vf scale = choose(raw_scale < lowest, lowest, raw_scale);
    const vf centred = splat(2.0f) * colour - splat(1.0f) - mean;
    const vf inverse = exponential(-scale);
    const vf below_at = inverse * (-half - centred), above_at = inverse * (centred - half);
    const vf below = -softplus(below_at), above = -softplus(above_at);  // log sigmoid(plus), log sigmoid(-minus)
    const vf step = inverse * splat(-2 * kHalfWidth), fall = exponential_minus_one(step), width = -fall;
    const vf between = below + above + natural_log(choose(width < splat(kSmallest), splat(kSmallest), width));
    const vi closed = between < splat(kLogSmallest);
    const vf log_prob = choose(low, below, choose(high, above, choose(closed, splat(kLogSmallest), between)));
    if (!Slopes) return {log_prob, none, none};
    const vf below_slope = choose(high, none, sigmoid(below_at)), above_slope = choose(low, none, sigmoid(above_at));
    // As the log scale grows, width falls by step * exp(step).
    const vf falls = choose(width < splat(kSmallest), none, step * (fall + splat(1.0f)) / width);
    const vf scale_slope = below_slope * below_at + above_slope * above_at + choose(low | high, none, falls);
    const vf mean_slope = inverse * (above_slope - below_slope);
    const vi held = closed & ~(low | high);
    return {log_prob, choose(held | (raw_mean < -bound) | (raw_mean > bound), none, mean_slope),
            choose(held | (raw_scale < lowest), none, scale_slope)};
  }
};

// Normal density on the scale 0 to 1.
struct NormalDensity {
  static constexpr float kSigmaFloor = 0.01f, kHalfLogTwoPi = 0.91893853320467274f;

  template <bool Slopes>
  static inline ComponentSlopes run(vf raw_mean, vf raw_scale, vf colour) {
    const vf spread = exponential(soft_clamp(raw_scale));
    const vf inverse = splat(1.0f) / (spread + splat(kSigmaFloor));
    const vf distance = (colour - soft_clamp(raw_mean)) * inverse;
    const vf square = distance * distance;
    const vf log_prob = splat(-0.5f) * square + natural_log(inverse) - splat(kHalfLogTwoPi);
    if (!Slopes) return {log_prob, vf{}, vf{}};
    return {log_prob, distance * inverse * soft_clamp_slope(raw_mean),
            (square - splat(1.0f)) * inverse * spread * soft_clamp_slope(raw_scale)};
  }
};

// Transposes `rows` rows of `width` values to one vector per value, and back; missing rows repeat the last one.
static void turn_rows(const float* from, int rows, int64_t width, vf* to) {
  float* out = reinterpret_cast<float*>(to);
  for (int r = 0; r < kLanes; ++r) {
    const float* row = from + (r < rows ? r : rows - 1) * width;
    for (int64_t i = 0; i < width; ++i) out[i * kLanes + r] = row[i];
  }
}

static void turn_back(const vf* from, int rows, int64_t width, float* to) {
  const float* in = reinterpret_cast<const float*>(from);
  for (int r = 0; r < rows; ++r)
    for (int64_t i = 0; i < width; ++i) to[r * width + i] = in[i * kLanes + r];
}

// Computes the exponentials of the differences to the largest value, and their sum; returns log sum exp.
static inline vf log_sum_exp(const vf* x, int64_t count, vf* powers, vf* sum) {
  vf largest = x[0];
  for (int64_t i = 1; i < count; ++i) largest = binary_op::Maximum::run(largest, x[i]);
  *sum = vf{};
  for (int64_t i = 0; i < count; ++i) *sum += powers[i] = exponential(x[i] - largest);
  return largest + natural_log(*sum);
}

// Processes at most as many rows as there are lanes. `out` receives log probabilities or gradients.
template <typename Component, bool Gradient>
static void mixture_rows(int rows, int64_t k, const float* parameters, const float* colours, const float* dy,
                         float* out) {
  vf* raw = reinterpret_cast<vf*>(scratch(Slot::kWindow, static_cast<size_t>(9 * k * kLanes)));
  vf *logits = raw + 3 * k, *joint = logits + k, *prior = joint + k, *posterior = prior + k;
  vf *mean_slopes = posterior + k, *scale_slopes = mean_slopes + k;
  turn_rows(parameters, rows, 3 * k, raw);
  const vf colour = load_n(colours, rows);
  for (int64_t j = 0; j < k; ++j) {
    const ComponentSlopes part = Component::template run<Gradient>(raw[k + j], raw[2 * k + j], colour);
    logits[j] = soft_clamp(raw[j]);
    joint[j] = logits[j] + part.log_prob;
    mean_slopes[j] = part.mean;
    scale_slopes[j] = part.scale;
  }
  vf prior_sum, posterior_sum;
  const vf prior_total = log_sum_exp(logits, k, prior, &prior_sum);
  const vf posterior_total = log_sum_exp(joint, k, posterior, &posterior_sum);
  if (!Gradient) return store_n(out, posterior_total - prior_total, rows);
  const vf slope = load_n(dy, rows), to_posterior = slope / posterior_sum, to_prior = slope / prior_sum;
  for (int64_t j = 0; j < k; ++j) {
    const vf share = posterior[j] * to_posterior;
    raw[j] = (share - prior[j] * to_prior) * soft_clamp_slope(raw[j]);
    raw[k + j] = share * mean_slopes[j];
    raw[2 * k + j] = share * scale_slopes[j];
  }
  turn_back(raw, rows, 3 * k, out);
}

template <typename Component, bool Gradient>
static void mixture(int64_t rows, int64_t k, const float* parameters, const float* colours, const float* dy, float* out) {
  constexpr int64_t kRows = 512;
  parallel(ceil_div(rows, kRows), [&](int64_t task) {
    const int64_t last = least(rows, (task + 1) * kRows);
    for (int64_t row = task * kRows; row < last; row += kLanes) {
      mixture_rows<Component, Gradient>(static_cast<int>(least(kLanes, last - row)), k, parameters + row * 3 * k,
                                        colours + row, Gradient ? dy + row : nullptr,
                                        out + (Gradient ? row * 3 * k : row));
    }
  });
}

static void mixture_log_prob(bool logistic, int64_t rows, int64_t k, const float* parameters, const float* colours,
                             float* log_prob) {
  if (logistic) mixture<DiscretizedLogistic, false>(rows, k, parameters, colours, nullptr, log_prob);
  else mixture<NormalDensity, false>(rows, k, parameters, colours, nullptr, log_prob);
}

static void mixture_log_prob_gradient(bool logistic, int64_t rows, int64_t k, const float* parameters,
                                      const float* colours, const float* dy, float* dparameters) {
  if (logistic) mixture<DiscretizedLogistic, true>(rows, k, parameters, colours, dy, dparameters);
  else mixture<NormalDensity, true>(rows, k, parameters, colours, dy, dparameters);
}
