// Vectors of NVAE_VECTOR_BYTES, with the vector extension of GCC and Clang. Included once per instruction set, inside
// its namespace; the other kernels use only these names.

constexpr int kLanes = NVAE_VECTOR_BYTES / 4;

typedef float vf __attribute__((vector_size(NVAE_VECTOR_BYTES)));
typedef int32_t vi __attribute__((vector_size(NVAE_VECTOR_BYTES)));
typedef float vf_unaligned __attribute__((vector_size(NVAE_VECTOR_BYTES), aligned(4), may_alias));

// As many doubles as there are lanes, for summing partial sums.
typedef double vd __attribute__((vector_size(2 * NVAE_VECTOR_BYTES)));

static inline vd to_double(vf x) { return __builtin_convertvector(x, vd); }
static inline vf to_float(vd x) { return __builtin_convertvector(x, vf); }

static inline vf load(const float* p) { return *reinterpret_cast<const vf_unaligned*>(p); }
static inline void store(float* p, vf v) { *reinterpret_cast<vf_unaligned*>(p) = v; }
static inline vf splat(float x) { return x - vf{}; }

// The first n lanes (n < kLanes), zeros in the others.
#if NVAE_VECTOR_BYTES == 64 && defined(__AVX512F__)
static inline __mmask16 first_lanes(int n) { return static_cast<__mmask16>((1u << n) - 1); }
static inline vf load_part(const float* p, int n) { return reinterpret_cast<vf>(_mm512_maskz_loadu_ps(first_lanes(n), p)); }
static inline void store_part(float* p, vf v, int n) { _mm512_mask_storeu_ps(p, first_lanes(n), reinterpret_cast<__m512>(v)); }
#elif NVAE_VECTOR_BYTES == 32 && defined(__AVX__)
static inline __m256i first_lanes(int n) {
  const vi lane = {0, 1, 2, 3, 4, 5, 6, 7};
  return reinterpret_cast<__m256i>(lane < vi{} + n);
}
static inline vf load_part(const float* p, int n) { return reinterpret_cast<vf>(_mm256_maskload_ps(p, first_lanes(n))); }
static inline void store_part(float* p, vf v, int n) { _mm256_maskstore_ps(p, first_lanes(n), reinterpret_cast<__m256>(v)); }
#else
static inline vf load_part(const float* p, int n) {
  vf v = {};
  std::memcpy(&v, p, static_cast<size_t>(n) * sizeof(float));
  return v;
}
static inline void store_part(float* p, vf v, int n) { std::memcpy(p, &v, static_cast<size_t>(n) * sizeof(float)); }
#endif

// The first n lanes, n <= kLanes.
static inline vf load_n(const float* p, int n) { return n == kLanes ? load(p) : load_part(p, n); }
static inline void store_n(float* p, vf v, int n) { n == kLanes ? store(p, v) : store_part(p, v, n); }

// For short runs, where calling memcpy would take longer.
static inline void copy_floats(float* to, const float* from, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(to + i, load(from + i));
  if (i < n) store_part(to + i, load_part(from + i, static_cast<int>(n - i)), static_cast<int>(n - i));
}

static inline void zero_floats(float* to, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(to + i, vf{});
  for (; i < n; ++i) to[i] = 0.0f;
}

static inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

// Lane i of the result is lane Index[i] of a, or, from kLanes on, of b.
template <int... Index>
static inline vf shuffle(vf a, vf b) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, Index...);
#else
  return __builtin_shuffle(a, b, vi{Index...});
#endif
}

// Exchanges the blocks of Step lanes off the diagonal of every square of 2 * Step rows.
template <int Step, int... Lane>
static inline void exchange_blocks(vf (&rows)[kLanes], std::integer_sequence<int, Lane...>) {
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    if (i & Step) continue;
    const vf a = rows[i], b = rows[i + Step];
    rows[i] = shuffle<(Lane & Step ? kLanes + Lane - Step : Lane)...>(a, b);
    rows[i + Step] = shuffle<(Lane & Step ? kLanes + Lane : Lane + Step)...>(a, b);
  }
}

// Transposes a square of kLanes rows.
template <int Step = kLanes / 2>
static inline void transpose(vf (&rows)[kLanes]) {
  if constexpr (Step > 0) {
    exchange_blocks<Step>(rows, std::make_integer_sequence<int, kLanes>{});
    transpose<Step / 2>(rows);
  }
}

static inline vi splat_int(int32_t x) { return x - vi{}; }
static inline vi as_bits(vf x) { vi bits; std::memcpy(&bits, &x, sizeof x); return bits; }
static inline vf as_floats(vi x) { vf floats; std::memcpy(&floats, &x, sizeof x); return floats; }
static inline vf choose(vi mask, vf yes, vf no) { return mask ? yes : no; }

// Compares with one instruction where there is one that takes b if a value is NaN.
#if defined(__AVX2__)
#define NVAE_BINARY_INSTRUCTION(name, a, b) \
  vf result;                                \
  asm(name " %2, %1, %0" : "=v"(result) : "v"(a), "vm"(b)); \
  return result
static inline vf smaller(vf a, vf b) { NVAE_BINARY_INSTRUCTION("vminps", a, b); }
static inline vf larger(vf a, vf b) { NVAE_BINARY_INSTRUCTION("vmaxps", a, b); }
#else
static inline vf smaller(vf a, vf b) { return choose(a < b, a, b); }
static inline vf larger(vf a, vf b) { return choose(a > b, a, b); }
#endif

// x * 2^n, where n is a whole number in [-150, 150] or NaN.
#if defined(__AVX512F__)
static inline vf times_power_of_two(vf x, vf n) { NVAE_BINARY_INSTRUCTION("vscalefps", x, n); }
#else
// In two steps, so that results near 0 and infinity are correct.
static inline vf times_power_of_two(vf x, vf n) {
  const vi whole = __builtin_convertvector(choose(n == n, n, vf{}), vi);
  const vi half = whole >> 1, rest = whole - half;
  return x * as_floats((half + 127) << 23) * as_floats((rest + 127) << 23);
}
#endif

// Calls body(channel, lanes) for all vectors of channels.
template <typename Body>
static inline void for_channels(int64_t channels, const Body& body) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(c, kLanes);
  if (c < channels) body(c, static_cast<int>(channels - c));
}
