// Vectors of bfloat16, the upper half of a float32. Included once per instruction set, after simd.inc.h.
//
// Rounds to nearest, ties to even. Infinities, signed zeros and denormals are kept; a NaN stays a NaN.

typedef uint32_t vu __attribute__((vector_size(NVAE_VECTOR_BYTES)));
typedef uint16_t vh __attribute__((vector_size(NVAE_VECTOR_BYTES / 2)));

// The upper halves of the lanes are the rounded values.
static inline vu rounded_bits(vf x) {
  vu bits;
  std::memcpy(&bits, &x, sizeof x);
  const vu nearest = bits + ((bits >> 16 & 1u) + 0x7fffu);
  return x != x ? bits | 0x400000u : nearest;
}

// Lanes of 16 bits in lanes of 32 bits, and back. Compilers make several instructions of a conversion.
#if NVAE_VECTOR_BYTES == 64 && defined(__AVX512F__)
static inline vu widened(vh half) { return reinterpret_cast<vu>(_mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(half))); }
static inline vh narrowed(vu x) { return reinterpret_cast<vh>(_mm512_cvtepi32_epi16(reinterpret_cast<__m512i>(x))); }
#elif NVAE_VECTOR_BYTES == 32 && defined(__AVX2__)
static inline vu widened(vh half) { return reinterpret_cast<vu>(_mm256_cvtepu16_epi32(reinterpret_cast<__m128i>(half))); }
static inline vh narrowed(vu x) {
  const auto words = reinterpret_cast<__m256i>(x);
  return reinterpret_cast<vh>(_mm256_castsi256_si128(_mm256_permute4x64_epi64(_mm256_packus_epi32(words, words), 0xd8)));
}
#else
static inline vu widened(vh half) { return __builtin_convertvector(half, vu); }
static inline vh narrowed(vu x) { return __builtin_convertvector(x, vh); }
#endif

static inline vh round_to_bfloat16(vf x) { return narrowed(rounded_bits(x) >> 16); }

// In each lane the rounded value of `low`, and above it that of `high`.
static inline vf pairs(vf low, vf high) {
  const vu bits = rounded_bits(low) >> 16 | (rounded_bits(high) & 0xffff0000u);
  vf cells;
  std::memcpy(&cells, &bits, sizeof bits);
  return cells;
}

// The same for bfloat16.
static inline vf pairs(vh low, vh high) {
  const vu bits = widened(low) | widened(high) << 16;
  vf cells;
  std::memcpy(&cells, &bits, sizeof bits);
  return cells;
}

static inline vf expand_bfloat16(vh half) {
  const vu bits = widened(half) << 16;
  vf x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// Memory with bfloat16, read and written as simd.inc.h does it with float32. It may have been written as float32 before, so that only
// memcpy may access it.

static inline vf load(const uint16_t* p) {
  vh half;
  std::memcpy(&half, p, sizeof half);
  return expand_bfloat16(half);
}

static inline void store(uint16_t* p, vf v) {
  const vh half = round_to_bfloat16(v);
  std::memcpy(p, &half, sizeof half);
}

static inline vh load_bits(const uint16_t* p, int n) {
  vh half = {};
  std::memcpy(&half, p, static_cast<size_t>(n) * sizeof(uint16_t));
  return half;
}

static inline vf load_part(const uint16_t* p, int n) { return expand_bfloat16(load_bits(p, n)); }

static inline void store_part(uint16_t* p, vf v, int n) {
  const vh half = round_to_bfloat16(v);
  std::memcpy(p, &half, static_cast<size_t>(n) * sizeof(uint16_t));
}

static inline vf load_n(const uint16_t* p, int n) { return n == kLanes ? load(p) : load_part(p, n); }
static inline void store_n(uint16_t* p, vf v, int n) { n == kLanes ? store(p, v) : store_part(p, v, n); }

// The pairs of n values in two places; those behind the first place are zeros if there is no second one.
static inline vf pairs_at(const float* low, const float* high, int n) {
  return pairs(load_n(low, n), high ? load_n(high, n) : vf{});
}
static inline vf pairs_at(const uint16_t* low, const uint16_t* high, int n) {
  return n == kLanes ? pairs(load_bits(low, kLanes), high ? load_bits(high, kLanes) : vh{})
                     : pairs(load_bits(low, n), high ? load_bits(high, n) : vh{});
}

// One value, and a vector of it.
static inline float value_at(const float* p) { return *p; }
static inline float value_at(const uint16_t* p) {
  uint16_t half;
  std::memcpy(&half, p, sizeof half);
  const uint32_t bits = static_cast<uint32_t>(half) << 16;
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
template <typename Value>
static inline vf splat_at(const Value* p) { return splat(value_at(p)); }

// Copies n values from one kind of storage to the same or another one.
template <typename To, typename From>
static inline void copy_values(To* to, const From* from, int64_t n) {
  for_channels(n, [&](int64_t i, int lanes) { store_n(to + i, load_n(from + i, lanes), lanes); });
}

static inline void copy_values(uint16_t* to, const uint16_t* from, int64_t n) {
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) std::memcpy(to + i, from + i, sizeof(vf));
  if (i < n) std::memcpy(to + i, from + i, static_cast<size_t>(n - i) * sizeof(uint16_t));
}

static inline void zero_values(float* to, int64_t n) { zero_floats(to, n); }
static inline void zero_values(uint16_t* to, int64_t n) { std::memset(to, 0, static_cast<size_t>(n) * sizeof(uint16_t)); }

// Calls body with the address of the values, in the type that they are stored in.
template <typename Body>
static inline void as_stored(const Features& features, const Body& body) {
  if (features.half) body(static_cast<uint16_t*>(features.data));
  else body(static_cast<float*>(features.data));
}
