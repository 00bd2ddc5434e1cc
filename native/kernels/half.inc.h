// Vectors of bfloat16, the upper half of a float32. Included once per instruction set, after simd.inc.h.
//
// Rounds to nearest, ties to even. Infinities, signed zeros and denormals are kept; a NaN stays a NaN.

typedef uint32_t vu __attribute__((vector_size(NVAE_VECTOR_BYTES)));
typedef uint16_t vh __attribute__((vector_size(NVAE_VECTOR_BYTES / 2)));

static inline vh round_to_bfloat16(vf x) {
  vu bits;
  std::memcpy(&bits, &x, sizeof x);
  const vu nearest = (bits + ((bits >> 16 & 1u) + 0x7fffu)) >> 16;
  const vu quiet = bits >> 16 | 0x40u;
  vu is_nan;
  const vi mask = x != x;
  std::memcpy(&is_nan, &mask, sizeof mask);
  return __builtin_convertvector((is_nan & quiet) | (~is_nan & nearest), vh);
}

// In each lane the rounded value of `low`, and above it that of `high`.
static inline vf pairs(vf low, vf high) {
  const vu bits = __builtin_convertvector(round_to_bfloat16(low), vu) | __builtin_convertvector(round_to_bfloat16(high), vu) << 16;
  vf cells;
  std::memcpy(&cells, &bits, sizeof bits);
  return cells;
}

static inline vf expand_bfloat16(vh half) {
  const vu bits = __builtin_convertvector(half, vu) << 16;
  vf x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
