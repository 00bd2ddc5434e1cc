// Element-wise kernels and broadcasting. Included once per instruction set, after math.inc.h.
//
// One functor per operation, one loop per combination of operand shapes. Large tensors are split into tasks of kTaskElements.

constexpr int64_t kTaskElements = 16384;

namespace unary_op {
struct Neg { static vf run(vf x, vf, vf) { return -x; } };
struct Abs { static vf run(vf x, vf, vf) { return absolute(x); } };
struct Square { static vf run(vf x, vf, vf) { return x * x; } };
struct Sqrt { static vf run(vf x, vf, vf) { return square_root(x); } };
struct Rsqrt { static vf run(vf x, vf, vf) { return splat(1.0f) / square_root(x); } };
struct Reciprocal { static vf run(vf x, vf, vf) { return splat(1.0f) / x; } };
struct Exp { static vf run(vf x, vf, vf) { return exponential(x); } };
struct Expm1 { static vf run(vf x, vf, vf) { return exponential_minus_one(x); } };
struct Log { static vf run(vf x, vf, vf) { return natural_log(x); } };
struct Log1p { static vf run(vf x, vf, vf) { return log_one_plus(x); } };
struct Sigmoid { static vf run(vf x, vf, vf) { return sigmoid(x); } };
struct Tanh { static vf run(vf x, vf, vf) { return hyperbolic_tangent(x); } };
struct Softplus { static vf run(vf x, vf, vf) { return softplus(x); } };
struct Relu { static vf run(vf x, vf, vf) { return choose(x < vf{}, vf{}, x); } };
struct Elu { static vf run(vf x, vf, vf) { return choose(x < vf{}, exponential_minus_one(x), x); } };
struct Step { static vf run(vf x, vf low, vf) { return choose(x > vf{}, splat(1.0f), choose(x != x, x, low)); } };
struct ClipByValue {
  static vf run(vf x, vf low, vf high) { return choose(x < low, low, choose(x > high, high, x)); }
};
struct Silu { static vf run(vf x, vf, vf) { return x * sigmoid(x); } };
struct SoftClamp { static vf run(vf x, vf, vf) { return soft_clamp(x); } };
}  // namespace unary_op

namespace binary_op {
struct Add { static vf run(vf a, vf b) { return a + b; } };
struct Sub { static vf run(vf a, vf b) { return a - b; } };
struct Multiply { static vf run(vf a, vf b) { return a * b; } };
struct RealDiv { static vf run(vf a, vf b) { return a / b; } };
struct Maximum { static vf run(vf a, vf b) { return choose((a > b) | (a != a), a, b); } };
struct Minimum { static vf run(vf a, vf b) { return choose((a < b) | (a != a), a, b); } };
struct SquaredDifference { static vf run(vf a, vf b) { return (a - b) * (a - b); } };
// a: gradient of the result, b: the result
struct EluGrad { static vf run(vf a, vf b) { return choose(b < vf{}, a * (b + splat(1.0f)), a); } };
// a: gradient of the result, b: the input
struct SiluGrad {
  static vf run(vf a, vf b) {
    const vf s = sigmoid(b);
    return a * (s + b * s * (splat(1.0f) - s));
  }
};
struct SoftClampGrad { static vf run(vf a, vf b) { return a * soft_clamp_slope(b); } };
}  // namespace binary_op

template <typename Operation>
static void map(const float* x, float* y, int64_t n, float low, float high) {
  parallel(ceil_div(n, kTaskElements), [&](int64_t task) {
    const int64_t end = least(n, (task + 1) * kTaskElements);
    int64_t i = task * kTaskElements;
    const vf lows = splat(low), highs = splat(high);
    for (; i + kLanes <= end; i += kLanes) store(y + i, Operation::run(load(x + i), lows, highs));
    const int rest = static_cast<int>(end - i);
    if (rest > 0) store_part(y + i, Operation::run(load_part(x + i, rest), lows, highs), rest);
  });
}

static void unary(int operation, const float* x, float* y, int64_t n, float low, float high) {
  using Function = void (*)(const float*, float*, int64_t, float, float);
#define NVAE_ENTRY(name) &map<unary_op::name>,
  static const Function functions[] = {NVAE_UNARY_OPERATIONS(NVAE_ENTRY)};
#undef NVAE_ENTRY
  functions[operation](x, y, n, low, high);
}

// Positions of the operands for a row of a broadcast result.
struct RowPosition {
  int64_t index[kMostDimensions] = {};
  int64_t a = 0, b = 0;

  RowPosition(const Broadcast& s, int64_t row) {
    for (int64_t d = s.rank - 2; d >= 0; --d) {
      index[d] = row % s.size[d];
      row /= s.size[d];
      a += index[d] * s.a[d];
      b += index[d] * s.b[d];
    }
  }

  void next(const Broadcast& s) {
    for (int64_t d = s.rank - 2; d >= 0; --d) {
      a += s.a[d];
      b += s.b[d];
      if (++index[d] < s.size[d]) return;
      a -= s.a[d] * s.size[d];
      b -= s.b[d] * s.size[d];
      index[d] = 0;
    }
  }
};

// Calls row(position in a, position in b, position in y, count) for all rows of the result; splits long rows.
template <typename Row>
static void for_rows(const Broadcast& s, const Row& row) {
  const int64_t inner = s.size[s.rank - 1];
  int64_t rows = 1;
  for (int64_t d = 0; d + 1 < s.rank; ++d) rows *= s.size[d];
  const int64_t inner_a = s.a[s.rank - 1], inner_b = s.b[s.rank - 1];
  const int64_t piece = least(inner, kTaskElements), pieces = ceil_div(inner, most(1, piece));
  const int64_t rows_per_task = most(1, kTaskElements / most(1, inner));
  parallel(ceil_div(rows, rows_per_task) * pieces, [&](int64_t task) {
    const int64_t first = task / pieces * rows_per_task, last = least(rows, first + rows_per_task);
    const int64_t i = task % pieces * piece, count = least(piece, inner - i);
    RowPosition position(s, first);
    for (int64_t r = first; r < last; ++r, position.next(s))
      row(position.a + i * inner_a, position.b + i * inner_b, r * inner + i, count);
  });
}

template <typename Operation, bool MoveA, bool MoveB>
static inline void binary_row(const float* a, const float* b, float* y, int64_t n) {
  const vf all_a = MoveA ? vf{} : splat(*a), all_b = MoveB ? vf{} : splat(*b);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    store(y + i, Operation::run(MoveA ? load(a + i) : all_a, MoveB ? load(b + i) : all_b));
  const int rest = static_cast<int>(n - i);
  if (rest > 0) {
    store_part(y + i, Operation::run(MoveA ? load_part(a + i, rest) : all_a, MoveB ? load_part(b + i, rest) : all_b),
               rest);
  }
}

template <typename Operation>
static void broadcast(const Broadcast& s, const float* a, const float* b, float* y) {
  const bool move_a = s.a[s.rank - 1] != 0, move_b = s.b[s.rank - 1] != 0;
  for_rows(s, [&](int64_t at_a, int64_t at_b, int64_t at_y, int64_t count) {
    if (move_a && move_b) binary_row<Operation, true, true>(a + at_a, b + at_b, y + at_y, count);
    else if (move_a) binary_row<Operation, true, false>(a + at_a, b + at_b, y + at_y, count);
    else binary_row<Operation, false, true>(a + at_a, b + at_b, y + at_y, count);
  });
}

static void binary(int operation, const Broadcast& s, const float* a, const float* b, float* y) {
  using Function = void (*)(const Broadcast&, const float*, const float*, float*);
#define NVAE_ENTRY(name) &broadcast<binary_op::name>,
  static const Function functions[] = {NVAE_BINARY_OPERATIONS(NVAE_ENTRY)};
#undef NVAE_ENTRY
  functions[operation](s, a, b, y);
}

namespace comparison {
struct Equal { static bool run(float a, float b) { return a == b; } };
struct NotEqual { static bool run(float a, float b) { return a != b; } };
struct Greater { static bool run(float a, float b) { return a > b; } };
struct GreaterEqual { static bool run(float a, float b) { return a >= b; } };
struct Less { static bool run(float a, float b) { return a < b; } };
struct LessEqual { static bool run(float a, float b) { return a <= b; } };
}  // namespace comparison

template <typename Comparison>
static void compare_all(const Broadcast& s, const float* a, const float* b, uint8_t* y) {
  const int64_t step_a = s.a[s.rank - 1], step_b = s.b[s.rank - 1];
  for_rows(s, [&](int64_t at_a, int64_t at_b, int64_t at_y, int64_t count) {
    const float *row_a = a + at_a, *row_b = b + at_b;
    uint8_t* row_y = y + at_y;
    for (int64_t i = 0; i < count; ++i) row_y[i] = Comparison::run(row_a[i * step_a], row_b[i * step_b]);
  });
}

static void compare(int operation, const Broadcast& s, const float* a, const float* b, uint8_t* y) {
  using Function = void (*)(const Broadcast&, const float*, const float*, uint8_t*);
#define NVAE_ENTRY(name) &compare_all<comparison::name>,
  static const Function functions[] = {NVAE_COMPARISONS(NVAE_ENTRY)};
#undef NVAE_ENTRY
  functions[operation](s, a, b, y);
}

static void select(const uint8_t* condition, const float* a, const float* b, float* y, int64_t n) {
  parallel(ceil_div(n, kTaskElements), [&](int64_t task) {
    const int64_t end = least(n, (task + 1) * kTaskElements);
    for (int64_t i = task * kTaskElements; i < end; ++i) y[i] = condition[i] ? a[i] : b[i];
  });
}

static double sum_of_squares(const float* x, int64_t n) {
  const int64_t tasks = ceil_div(n, kTaskElements);
  auto* sums = reinterpret_cast<double*>(scratch(Slot::kPartials, static_cast<size_t>(2 * tasks)));
  parallel(tasks, [&](int64_t task) {
    const int64_t first = task * kTaskElements;
    sums[task] = dot(x + first, x + first, least(n - first, kTaskElements));
  });
  double total = 0;
  for (int64_t task = 0; task < tasks; ++task) total += sums[task];
  return total;
}

// Adamax with L2 decay, reference/README.md section 7, and the moving average of the parameters while they are in cache.
// All values are read once and written once.
template <bool kAveraged>
static void adamax_values(const AdamaxStep& s, const float* gradient, float* parameter, float* m, float* u,
                          float* __restrict average, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; ++i) {
    const float g = s.gradient_scale * gradient[i] + s.weight_decay * parameter[i];
    const float size = __builtin_fabsf(g) + s.epsilon, decayed = s.beta2 * u[i];
    m[i] = s.beta1 * m[i] + (1.0f - s.beta1) * g;
    u[i] = decayed > size ? decayed : size;
    parameter[i] -= s.learning_rate * m[i] / u[i];
    if (kAveraged) average[i] += s.average_weight * (parameter[i] - average[i]);
  }
}

static void adamax(const AdamaxStep& s, const float* gradient, float* parameter, float* m, float* u, float* average,
                   int64_t n) {
  parallel(ceil_div(n, kTaskElements), [&](int64_t task) {
    const int64_t first = task * kTaskElements, end = least(n, first + kTaskElements);
    if (average)
      adamax_values<true>(s, gradient, parameter, m, u, average, first, end);
    else
      adamax_values<false>(s, gradient, parameter, m, u, nullptr, first, end);
  });
}

static void accumulate(const Features& from, float* sum, int64_t n) {
  as_stored(from, [&](const auto* x) {
    parallel(ceil_div(n, kTaskElements), [&](int64_t task) {
      const int64_t first = task * kTaskElements;
      for_channels(least(n - first, kTaskElements), [&](int64_t i, int lanes) {
        store_n(sum + first + i, load_n(sum + first + i, lanes) + load_n(x + first + i, lanes), lanes);
      });
    });
  });
}

static void move_average(const AverageStep& s, const float* value, float* average, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const float moved = (1.0f - s.weight) * average[i] + s.weight * s.factor * value[i];
    const float least_allowed = average[i] < s.floor ? average[i] : s.floor;
    average[i] = moved < least_allowed ? least_allowed : moved;
  }
}
