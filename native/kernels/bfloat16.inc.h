// bfloat16: the upper half of a float32. Included once per instruction set, after elementwise.inc.h.
//
// Rounding is to nearest, ties to even; infinities, zeros with their signs and denormals are kept, a NaN stays a NaN.

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

static inline vf expand_bfloat16(vh half) {
  const vu bits = __builtin_convertvector(half, vu) << 16;
  vf x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

static void to_bfloat16(const float* x, uint16_t* y, int64_t n) {
  parallel(ceil_div(n, kTaskElements), [&](int64_t task) {
    const int64_t end = least(n, (task + 1) * kTaskElements);
    int64_t i = task * kTaskElements;
    for (; i + kLanes <= end; i += kLanes) {
      const vh half = round_to_bfloat16(load(x + i));
      std::memcpy(y + i, &half, sizeof half);
    }
    if (i == end) return;
    const vh half = round_to_bfloat16(load_part(x + i, static_cast<int>(end - i)));
    std::memcpy(y + i, &half, static_cast<size_t>(end - i) * sizeof(uint16_t));
  });
}

static void from_bfloat16(const uint16_t* x, float* y, int64_t n) {
  parallel(ceil_div(n, kTaskElements), [&](int64_t task) {
    const int64_t end = least(n, (task + 1) * kTaskElements);
    int64_t i = task * kTaskElements;
    vh half = {};
    for (; i + kLanes <= end; i += kLanes) {
      std::memcpy(&half, x + i, sizeof half);
      store(y + i, expand_bfloat16(half));
    }
    if (i == end) return;
    std::memcpy(&half, x + i, static_cast<size_t>(end - i) * sizeof(uint16_t));
    store_part(y + i, expand_bfloat16(half), static_cast<int>(end - i));
  });
}
