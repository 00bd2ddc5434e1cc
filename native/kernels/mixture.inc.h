// Log probability of colours under mixtures, its gradient in the raw parameters, and means of mixtures: the formulas that
// src/model/distributions composes of tfjs operations. Included once per instruction set, after elementwise.inc.h.
//
// A row of parameters holds one group of k values per parameter of a component, the logits first. As many rows as a vector has lanes are transposed, so that a
// vector holds the same parameter of each row and no sum crosses lanes. The gradient recomputes each row, since
// keeping the intermediate results would take twenty times the memory of the row.

// The log probability of colours for one component, and its slopes in the component's raw mean and raw scale.
struct ComponentSlopes {
  vf log_prob, mean, scale;
};

// Logistic distribution in steps of 1 / 255 on the scale 0 to 1; the first and the last colour get the whole tail. If Normalized, the
// probabilities of the 256 colours add up to 1; otherwise 254 gets the upper tail, too, and no colour between the edges less than 1e-10.
template <bool Normalized>
struct DiscretizedLogistic {
  static constexpr float kLowerEdge = Normalized ? 0.5f / 255 : 0.0005f, kUpperEdge = Normalized ? 254.5f / 255 : 0.995f;
  static constexpr float kHalfWidth = 1.0f / 255, kMeanBound = 5.0f, kLowestScale = -7.0f;
  static constexpr float kSmallest = 1e-10f, kLogSmallest = -23.02585093f;
  // Below this width in scales, log(1 - exp(-width)) is computed by its series; log(2 / 255).
  static constexpr float kNarrow = 0.1f, kLogWidth = -4.8481163509f;

  static inline vf mean(vf raw) {
    const vf bound = splat(kMeanBound);
    return choose(raw < -bound, -bound, choose(raw > bound, bound, raw));
  }

  // The mean on the scale 0 to 1.
  static inline vf mean_colour(vf raw) { return (mean(raw) + splat(1.0f)) * splat(0.5f); }

  // Slope in the raw mean from that in the mean.
  static inline vf raw_mean_slope(vf raw, vf slope) {
    return choose((raw < -splat(kMeanBound)) | (raw > splat(kMeanBound)), vf{}, slope);
  }

  template <bool Slopes>
  static inline ComponentSlopes run(vf raw_mean, vf raw_scale, vf colour) {
    const vf centred = splat(2.0f) * colour - splat(1.0f) - mean(raw_mean);
    const ComponentSlopes part = at<Slopes>(centred, raw_scale, colour);
    return {part.log_prob, raw_mean_slope(raw_mean, part.mean), part.scale};
  }

  // centred: distance of the colour from the mean on the scale -1 to 1. The slopes are those in the mean and in the raw scale.
  template <bool Slopes>
  static inline ComponentSlopes at(vf centred, vf raw_scale, vf colour) {
    const vf lowest = splat(kLowestScale), half = splat(kHalfWidth), none = vf{};
    const vi low = colour < splat(kLowerEdge), high = colour > splat(kUpperEdge);
    const vf scale = choose(raw_scale < lowest, lowest, raw_scale);
    const vf inverse = exponential(-scale);
    const vf below_at = inverse * (-half - centred), above_at = inverse * (centred - half);
    const vf below = -softplus(below_at), above = -softplus(above_at);  // log sigmoid(plus), log sigmoid(-minus)
    const vf step = inverse * splat(-2 * kHalfWidth), fall = exponential_minus_one(step), width = -fall;
    const vi narrow = Normalized ? vi(step > splat(-kNarrow)) : vi(width < splat(kSmallest));
    vf log_width = natural_log(Normalized ? width : choose(narrow, splat(kSmallest), width));
    // log v - v / 2 + v^2 / 24 with v = -step
    const vf series = step * (step * splat(1.0f / 24) + splat(0.5f));
    if (Normalized) log_width = choose(narrow, splat(kLogWidth) - scale + series, log_width);
    const vf between = below + above + log_width;
    const vi closed = Normalized ? vi{} : vi(between < splat(kLogSmallest));
    const vf log_prob = choose(low, below, choose(high, above, choose(closed, splat(kLogSmallest), between)));
    if (!Slopes) return {log_prob, none, none};
    const vf below_slope = choose(high, none, sigmoid(below_at)), above_slope = choose(low, none, sigmoid(above_at));
    // As the log scale grows, width falls by step * exp(step).
    const vf slow = Normalized ? step * (splat(-0.5f) - step * splat(1.0f / 12)) - splat(1.0f) : none;
    const vf falls = choose(narrow, slow, step * (fall + splat(1.0f)) / width);
    const vf scale_slope = below_slope * below_at + above_slope * above_at + choose(low | high, none, falls);
    const vf mean_slope = inverse * (above_slope - below_slope);
    const vi held = closed & ~(low | high);
    return {log_prob, choose(held, none, mean_slope), choose(held | (raw_scale < lowest), none, scale_slope)};
  }
};

// Normal density on the scale 0 to 1.
struct NormalDensity {
  static constexpr float kSigmaFloor = 0.01f, kHalfLogTwoPi = 0.91893853320467274f;

  static inline vf mean_colour(vf raw) { return soft_clamp(raw); }

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

// One colour: k logits, k means, k log scales.
template <typename Component>
struct OneColour {
  static constexpr int64_t kParameters = 3, kColours = 1;

  // The log probability of the colours for one component; its parameters except the logit are k vectors apart. `Slopes` replaces
  // these by the slopes in them.
  template <bool Slopes>
  static inline vf run(vf* raw, int64_t k, const vf* colours) {
    const ComponentSlopes part = Component::template run<Slopes>(raw[k], raw[2 * k], colours[0]);
    if (Slopes) {
      raw[k] = part.mean;
      raw[2 * k] = part.scale;
    }
    return part.log_prob;
  }
};

// The three colours of a pixel: k logits, 3 k means, 3 k log scales, and 3 k coefficients: of green on red, blue on red, blue on green.
template <bool Normalized>
struct JointColours {
  static constexpr int64_t kParameters = 10, kColours = 3;
  using Logistic = DiscretizedLogistic<Normalized>;

  template <bool Slopes>
  static inline vf run(vf* raw, int64_t k, const vf* colours) {
    vf *means = raw + k, *scales = raw + 4 * k, *coefficients = raw + 7 * k;
    const vf one = splat(1.0f), two = splat(2.0f);
    const vf red = two * colours[0] - one, green = two * colours[1] - one, blue = two * colours[2] - one;
    const vf green_on_red = coefficients[0], blue_on_red = coefficients[k], blue_on_green = coefficients[2 * k];
    const vf green_mean = Logistic::mean(means[k]) + hyperbolic_tangent(green_on_red) * red;
    const vf blue_mean = Logistic::mean(means[2 * k]) + hyperbolic_tangent(blue_on_red) * red +
                         hyperbolic_tangent(blue_on_green) * green;
    const vf centred[3] = {red - Logistic::mean(means[0]), green - green_mean, blue - blue_mean};
    vf log_prob = vf{}, slopes[3];
    for (int c = 0; c < 3; ++c) {
      const ComponentSlopes part = Logistic::template at<Slopes>(centred[c], scales[c * k], colours[c]);
      log_prob += part.log_prob;
      if (!Slopes) continue;
      slopes[c] = part.mean;
      means[c * k] = Logistic::raw_mean_slope(means[c * k], part.mean);
      scales[c * k] = part.scale;
    }
    if (!Slopes) return log_prob;
    coefficients[0] = slopes[1] * red * tangent_slope(green_on_red);
    coefficients[k] = slopes[2] * red * tangent_slope(blue_on_red);
    coefficients[2 * k] = slopes[2] * green * tangent_slope(blue_on_green);
    return log_prob;
  }
};

// Transposes the first `count` values of `rows` rows of `width` values to one vector per value; missing rows repeat the last one.
static void turn_rows(const float* from, int rows, int64_t width, int64_t count, vf* to) {
  float* out = reinterpret_cast<float*>(to);
  for (int r = 0; r < kLanes; ++r) {
    const float* row = from + (r < rows ? r : rows - 1) * width;
    for (int64_t i = 0; i < count; ++i) out[i * kLanes + r] = row[i];
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
template <typename Part, bool Gradient>
static void mixture_rows(int rows, int64_t k, const float* parameters, const float* colours, const float* dy,
                         float* out) {
  constexpr int64_t kParameters = Part::kParameters;
  vf* raw = reinterpret_cast<vf*>(scratch(Slot::kWindow, static_cast<size_t>((kParameters + 4) * k * kLanes)));
  vf *logits = raw + kParameters * k, *joint = logits + k, *prior = joint + k, *posterior = prior + k;
  vf colour[Part::kColours];
  turn_rows(parameters, rows, kParameters * k, kParameters * k, raw);
  turn_rows(colours, rows, Part::kColours, Part::kColours, colour);
  for (int64_t j = 0; j < k; ++j) {
    logits[j] = soft_clamp(raw[j]);
    joint[j] = logits[j] + Part::template run<Gradient>(raw + j, k, colour);
  }
  vf prior_sum, posterior_sum;
  const vf prior_total = log_sum_exp(logits, k, prior, &prior_sum);
  const vf posterior_total = log_sum_exp(joint, k, posterior, &posterior_sum);
  if (!Gradient) return store_n(out, posterior_total - prior_total, rows);
  const vf slope = load_n(dy, rows), to_posterior = slope / posterior_sum, to_prior = slope / prior_sum;
  for (int64_t j = 0; j < k; ++j) {
    const vf share = posterior[j] * to_posterior;
    raw[j] = (share - prior[j] * to_prior) * soft_clamp_slope(raw[j]);
    for (int64_t i = 1; i < kParameters; ++i) raw[i * k + j] = share * raw[i * k + j];
  }
  turn_back(raw, rows, kParameters * k, out);
}

template <typename Part, bool Gradient>
static void mixture(int64_t rows, int64_t k, const float* parameters, const float* colours, const float* dy, float* out) {
  constexpr int64_t kRows = Part::kColours == 1 ? 512 : 128, kWidth = Part::kParameters;
  parallel(ceil_div(rows, kRows), [&](int64_t task) {
    const int64_t last = least(rows, (task + 1) * kRows);
    for (int64_t row = task * kRows; row < last; row += kLanes) {
      mixture_rows<Part, Gradient>(static_cast<int>(least(kLanes, last - row)), k, parameters + row * kWidth * k,
                                   colours + row * Part::kColours, Gradient ? dy + row : nullptr,
                                   out + (Gradient ? row * kWidth * k : row));
    }
  });
}

template <bool Gradient>
static void mixture_of(MixtureKind kind, int64_t rows, int64_t k, const float* parameters, const float* colours,
                       const float* dy, float* out) {
  const auto run = [&](auto part) { mixture<decltype(part), Gradient>(rows, k, parameters, colours, dy, out); };
  switch (kind) {
    case MixtureKind::kNormal: return run(OneColour<NormalDensity>());
    case MixtureKind::kLogistic: return run(OneColour<DiscretizedLogistic<false>>());
    case MixtureKind::kNormalizedLogistic: return run(OneColour<DiscretizedLogistic<true>>());
    case MixtureKind::kJointLogistic: return run(JointColours<false>());
    case MixtureKind::kNormalizedJointLogistic: return run(JointColours<true>());
  }
}

static void mixture_log_prob(MixtureKind kind, int64_t rows, int64_t k, const float* parameters, const float* colours,
                             float* log_prob) {
  mixture_of<false>(kind, rows, k, parameters, colours, nullptr, log_prob);
}

static void mixture_log_prob_gradient(MixtureKind kind, int64_t rows, int64_t k, const float* parameters,
                                      const float* colours, const float* dy, float* dparameters) {
  mixture_of<true>(kind, rows, k, parameters, colours, dy, dparameters);
}

// Mixtures of one colour: the sum of the components' means, weighted by the softmax of the logits.
template <typename Component>
static void mean_rows(int rows, int64_t k, const float* parameters, float* mean) {
  vf* logits = reinterpret_cast<vf*>(scratch(Slot::kWindow, static_cast<size_t>(2 * k * kLanes)));
  turn_rows(parameters, rows, 3 * k, 2 * k, logits);
  for (int64_t j = 0; j < k; ++j) logits[j] = soft_clamp(logits[j]);
  vf total = vf{}, sum;
  log_sum_exp(logits, k, logits, &sum);
  for (int64_t j = 0; j < k; ++j) total += logits[j] * Component::mean_colour(logits[k + j]);
  store_n(mean, total / sum, rows);
}

static void mixture_mean(MixtureKind kind, int64_t rows, int64_t k, const float* parameters, float* mean) {
  constexpr int64_t kRows = 512;
  parallel(ceil_div(rows, kRows), [&](int64_t task) {
    const int64_t last = least(rows, (task + 1) * kRows);
    for (int64_t row = task * kRows; row < last; row += kLanes) {
      const int count = static_cast<int>(least(kLanes, last - row));
      if (kind == MixtureKind::kNormal) mean_rows<NormalDensity>(count, k, parameters + row * 3 * k, mean + row);
      else mean_rows<DiscretizedLogistic<false>>(count, k, parameters + row * 3 * k, mean + row);
    }
  });
}
