// Reductions and softmax. Included once per instruction set, after elementwise.inc.h.
//
// x is [outer, n, inner]. n is split into chunks whose partial results are combined in order and in double precision, so that
// long sums are accurate and do not depend on the number of threads.

namespace reduction {
struct Sum {
  static constexpr float start = 0;
  static vf run(vf a, vf b) { return a + b; }
  static double combine(double a, double b) { return a + b; }
};
struct Max {
  static constexpr float start = -__builtin_inff();
  static vf run(vf a, vf b) { return binary_op::Maximum::run(a, b); }
  static double combine(double a, double b) { return a > b || a != a ? a : b; }
};
struct Min {
  static constexpr float start = __builtin_inff();
  static vf run(vf a, vf b) { return binary_op::Minimum::run(a, b); }
  static double combine(double a, double b) { return a < b || a != a ? a : b; }
};
struct Prod {
  static constexpr float start = 1;
  static vf run(vf a, vf b) { return a * b; }
  static double combine(double a, double b) { return a * b; }
};
}  // namespace reduction

template <typename Operation, typename In>
static double reduce_run(const In* x, int64_t n) {
  constexpr int kChains = 4;
  if (n < kChains * kLanes) {
    double total = Operation::start;
    for (int64_t i = 0; i < n; ++i) total = Operation::combine(total, value_at(x + i));
    return total;
  }
  vf part[kChains];
  for (int c = 0; c < kChains; ++c) part[c] = splat(Operation::start);
  int64_t i = 0;
  for (; i + kChains * kLanes <= n; i += kChains * kLanes)
#pragma GCC unroll 4
    for (int c = 0; c < kChains; ++c) part[c] = Operation::run(part[c], load(x + i + c * kLanes));
  double total = Operation::start;
  for (int c = 0; c < kChains; ++c)
    for (int lane = 0; lane < kLanes; ++lane) total = Operation::combine(total, part[c][lane]);
  for (; i < n; ++i) total = Operation::combine(total, value_at(x + i));
  return total;
}

// Reduces `rows` rows of `columns` values, with rows `stride` apart, into out.
template <typename Operation, typename In>
static void reduce_rows(const In* x, int64_t rows, int64_t columns, int64_t stride, float* out) {
  int64_t i = 0;
  for (; i + kLanes <= columns; i += kLanes) {
    vf part = splat(Operation::start);
    for (int64_t r = 0; r < rows; ++r) part = Operation::run(part, load(x + r * stride + i));
    store(out + i, part);
  }
  const int rest = static_cast<int>(columns - i);
  if (rest > 0) {
    vf part = splat(Operation::start);
    for (int64_t r = 0; r < rows; ++r) part = Operation::run(part, load_part(x + r * stride + i, rest));
    store_part(out + i, part, rest);
  }
}

template <typename Operation, typename In>
static void reduce_all(int64_t outer, int64_t n, int64_t inner, float scale, const In* x, float* y) {
  if (inner == 1) {
    const int64_t chunk = least(n, kTaskElements), chunks = ceil_div(n, chunk);
    const int64_t rows_per_task = most(1, kTaskElements / n);
    auto* partials = reinterpret_cast<double*>(scratch(Slot::kPartials, static_cast<size_t>(2 * outer * chunks)));
    parallel(chunks > 1 ? outer * chunks : ceil_div(outer, rows_per_task), [&](int64_t task) {
      if (chunks > 1) {
        const int64_t first = task % chunks * chunk;
        partials[task] = reduce_run<Operation>(x + task / chunks * n + first, least(chunk, n - first));
        return;
      }
      const int64_t last = least(outer, (task + 1) * rows_per_task);
      for (int64_t row = task * rows_per_task; row < last; ++row)
        y[row] = static_cast<float>(reduce_run<Operation>(x + row * n, n)) * scale;
    });
    for (int64_t row = 0; chunks > 1 && row < outer; ++row) {
      double total = Operation::start;
      for (int64_t c = 0; c < chunks; ++c) total = Operation::combine(total, partials[row * chunks + c]);
      y[row] = static_cast<float>(total * scale);
    }
    return;
  }
  const int64_t slice = least(inner, 2048), slices = ceil_div(inner, slice);
  const int64_t chunk = least(n, most(1, kTaskElements / slice)), chunks = ceil_div(n, chunk);
  float* partials = scratch(Slot::kPartials, static_cast<size_t>(outer * chunks * inner));
  parallel(outer * chunks * slices, [&](int64_t task) {
    const int64_t s = task % slices * slice, c = task / slices % chunks, o = task / slices / chunks;
    reduce_rows<Operation>(x + (o * n + c * chunk) * inner + s, least(chunk, n - c * chunk), least(slice, inner - s),
                           inner, partials + (o * chunks + c) * inner + s);
  });
  parallel(outer * slices, [&](int64_t task) {
    const int64_t o = task / slices, first = task % slices * slice, last = least(inner, first + slice);
    for (int64_t i = first; i < last; ++i) {
      double total = Operation::start;
      for (int64_t c = 0; c < chunks; ++c) total = Operation::combine(total, partials[(o * chunks + c) * inner + i]);
      y[o * inner + i] = static_cast<float>(total * scale);
    }
  });
}

template <typename In>
static void reduce_from(int operation, int64_t outer, int64_t n, int64_t inner, const In* x, float* y) {
  enum {
#define NVAE_ENTRY(name) k##name,
    NVAE_REDUCTIONS(NVAE_ENTRY)
#undef NVAE_ENTRY
  };
  switch (operation) {
    case kSum: return reduce_all<reduction::Sum>(outer, n, inner, 1.0f, x, y);
    case kMean: return reduce_all<reduction::Sum>(outer, n, inner, 1.0f / static_cast<float>(n), x, y);
    case kMax: return reduce_all<reduction::Max>(outer, n, inner, 1.0f, x, y);
    case kMin: return reduce_all<reduction::Min>(outer, n, inner, 1.0f, x, y);
    default: return reduce_all<reduction::Prod>(outer, n, inner, 1.0f, x, y);
  }
}

static void reduce(int operation, int64_t outer, int64_t n, int64_t inner, const Features& from, float* y) {
  as_stored(from, [&](const auto* x) { reduce_from(operation, outer, n, inner, x, y); });
}

static void softmax_row(int64_t n, bool log, const float* x, float* y) {
  const float top = static_cast<float>(reduce_run<reduction::Max>(x, n));
  const vf tops = splat(top);
  double sum = 0;
  for (int64_t i = 0; i < n; i += kLanes) {
    const int here = static_cast<int>(least(kLanes, n - i));
    const vf e = exponential((here == kLanes ? load(x + i) : load_part(x + i, here)) - tops);
    for (int lane = 0; lane < here; ++lane) sum += e[lane];
    if (!log) store_part(y + i, e, here);
  }
  if (log) {
    const float shift = top + static_cast<float>(std::log(sum));
    for (int64_t i = 0; i < n; ++i) y[i] = x[i] - shift;
  } else {
    const float scale = static_cast<float>(1.0 / sum);
    for (int64_t i = 0; i < n; ++i) y[i] *= scale;
  }
}

static void softmax(int64_t rows, int64_t n, bool log, const float* x, float* y) {
  const int64_t rows_per_task = most(1, kTaskElements / 4 / n);
  parallel(ceil_div(rows, rows_per_task), [&](int64_t task) {
    const int64_t last = least(rows, (task + 1) * rows_per_task);
    for (int64_t row = task * rows_per_task; row < last; ++row) softmax_row(n, log, x + row * n, y + row * n);
  });
}
