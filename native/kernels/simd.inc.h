// Vectors of NVAE_VECTOR_BYTES, in the vector extension of GCC and Clang. Included once per instruction set, inside
// its namespace; the rest of the kernels is written in these few names.

constexpr int kLanes = NVAE_VECTOR_BYTES / 4;

typedef float vf __attribute__((vector_size(NVAE_VECTOR_BYTES)));
typedef int32_t vi __attribute__((vector_size(NVAE_VECTOR_BYTES)));
typedef float vf_unaligned __attribute__((vector_size(NVAE_VECTOR_BYTES), aligned(4), may_alias));

static inline vf load(const float* p) { return *reinterpret_cast<const vf_unaligned*>(p); }
static inline void store(float* p, vf v) { *reinterpret_cast<vf_unaligned*>(p) = v; }
static inline vf splat(float x) { return x - vf{}; }
