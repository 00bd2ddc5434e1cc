// Elementary functions on vectors, accurate to about 2e-7. Included once per instruction set, after simd.inc.h.
// Infinities and NaN are as in the C library: training must be able to detect them.

static inline vf absolute(vf x) { return as_floats(as_bits(x) & splat_int(0x7fffffff)); }

static inline vf square_root(vf x) {
  vf y;
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) y[i] = __builtin_sqrtf(x[i]);
  return y;
}

// e^x = 2^n * e^r with |r| <= ln(2) / 2.
static inline vf exponential(vf x) {
  const vf bounded = larger(splat(-104.0f), smaller(splat(104.0f), x));
  const vf magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const vf n = (bounded * splat(1.44269504088896341f) + magic) - magic;
  const vf r = (bounded - n * splat(0.693359375f)) - n * splat(-2.12194440e-4f);
  vf p = splat(1.9875691500e-4f);
  p = p * r + splat(1.3981999507e-3f);
  p = p * r + splat(8.3334519073e-3f);
  p = p * r + splat(4.1665795894e-2f);
  p = p * r + splat(1.6666665459e-1f);
  p = p * r + splat(5.0000001201e-1f);
  p = p * r * r + r + splat(1.0f);
  return times_power_of_two(p, n);
}

static inline vf natural_log(vf x) {
  const vi tiny = x < splat(1.17549435e-38f);
  const vf scaled = choose(tiny, x * splat(33554432.0f), x);  // 2^25, for denormals
  const vi bits = as_bits(scaled);
  // x = m * 2^e with sqrt(1/2) <= m < sqrt(2)
  const vi shifted = bits - splat_int(0x3f3504f3);
  const vi exponent = shifted >> 23;
  const vf m = as_floats((shifted & splat_int(0x007fffff)) + splat_int(0x3f3504f3));
  const vf e = __builtin_convertvector(exponent, vf) - choose(tiny, splat(25.0f), vf{});
  const vf f = m - splat(1.0f), f2 = f * f;
  vf p = splat(7.0376836292e-2f);
  p = p * f + splat(-1.1514610310e-1f);
  p = p * f + splat(1.1676998740e-1f);
  p = p * f + splat(-1.2420140846e-1f);
  p = p * f + splat(1.4249322787e-1f);
  p = p * f + splat(-1.6668057665e-1f);
  p = p * f + splat(2.0000714765e-1f);
  p = p * f + splat(-2.4999993993e-1f);
  p = p * f + splat(3.3333331174e-1f);
  vf y = p * f * f2 + e * splat(-2.12194440e-4f) - splat(0.5f) * f2;
  y = f + y + e * splat(0.693359375f);
  const vf infinity = splat(__builtin_inff()), nan = splat(__builtin_nanf(""));
  y = choose(x == infinity, infinity, y);
  y = choose(x == vf{}, -infinity, y);
  return choose((x < vf{}) | (x != x), nan, y);
}

// log(1 + x): corrects for the rounding error of 1 + x, which is known.
static inline vf log_one_plus(vf x) {
  const vf one = splat(1.0f), u = one + x;
  const vf y = natural_log(u) - ((u - one) - x) / u;
  return choose((u == one) | (x == splat(__builtin_inff())) | (u == vf{}), choose(u == one, x, natural_log(u)), y);
}

// e^x - 1: a series near 0, where the subtraction would lose digits.
static inline vf exponential_minus_one(vf x) {
  vf p = splat(1.0f / 40320.0f);
  p = p * x + splat(1.0f / 5040.0f);
  p = p * x + splat(1.0f / 720.0f);
  p = p * x + splat(1.0f / 120.0f);
  p = p * x + splat(1.0f / 24.0f);
  p = p * x + splat(1.0f / 6.0f);
  p = p * x + splat(0.5f);
  p = p * x * x + x;
  return choose(absolute(x) < splat(0.35f), p, exponential(x) - splat(1.0f));
}

static inline vf sigmoid(vf x) { return splat(1.0f) / (splat(1.0f) + exponential(-x)); }

static inline vf hyperbolic_tangent(vf x) {
  const vf z = absolute(x), s = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = p * s + splat(2.06390887954e-2f);
  p = p * s + splat(-5.37397155531e-2f);
  p = p * s + splat(1.33314422036e-1f);
  p = p * s + splat(-3.33332819422e-1f);
  p = p * s * x + x;
  const vf far = splat(1.0f) - splat(2.0f) / (exponential(z + z) + splat(1.0f));
  return choose(z < splat(0.625f), p, choose(x < vf{}, -far, far));
}

static inline vf softplus(vf x) {
  return choose(x > vf{}, x, choose(x != x, x, vf{})) + log_one_plus(exponential(-absolute(x)));
}

// 1 - tanh(x)^2, computed from x: where tanh is almost 1, 1 - tanh^2 would subtract two almost equal numbers.
static inline vf tangent_slope(vf x) {
  const vf half = sigmoid(absolute(x) * splat(-2.0f));
  return splat(4.0f) * half * (splat(1.0f) - half);
}

constexpr float kClampBound = 5.0f;

// 5 tanh(x / 5)
static inline vf soft_clamp(vf x) { return splat(kClampBound) * hyperbolic_tangent(x * splat(1.0f / kClampBound)); }

// 1 / cosh(x / 5)^2, computed from x: near the bounds, 1 - tanh^2 would subtract two almost equal numbers.
static inline vf soft_clamp_slope(vf x) {
  const vf half = sigmoid(absolute(x) * splat(-2.0f / kClampBound));
  return splat(4.0f) * half * (splat(1.0f) - half);
}
