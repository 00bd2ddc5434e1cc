// Products of a transposed matrix: C = A' * B, where a row of A and a row of B belong to one pixel. That is what gradients of filters
// are. In half precision, cells hold the values of two pixels. Included once per instruction set, after gemm.inc.h.

// Pixels at equal distances in A and in B, by their offsets.
struct Run {
  int64_t a, b, count;
};

// The pixels of a sum: in each run, rows of A are a_step apart and rows of B b_step.
struct Pixels {
  const Run* runs;
  int64_t count, a_step, b_step;
  int64_t ahead;  // the distance in A to the pixels of the next sum, which are fetched while this one is computed
};

// One tile of C, in registers: R columns of A times V vectors of B. Adds to C if `add`.
template <typename Format, int R, int V, typename In>
static inline void add_outer_products(const Pixels& pixels, const In* a, const float* b, float* c, int64_t stride, bool add) {
  vf sum[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) sum[r][v] = vf{};
  for (const Run* run = pixels.runs; run < pixels.runs + pixels.count; ++run) {
    const In* from = a + run->a;
    const float* with = b + run->b;
    for (int64_t pixel = 0; pixel < run->count; ++pixel, from += pixels.a_step, with += pixels.b_step) {
      __builtin_prefetch(from + pixels.ahead, 0, 2);
      vf d[V];
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) d[v] = load(with + v * kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const vf value = splat_at(from + r);
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v) sum[r][v] = Format::multiply_add(sum[r][v], value, d[v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      float* out = c + r * stride + v * kLanes;
      store(out, add ? load(out) + sum[r][v] : sum[r][v]);
    }
}

// Selects the instance for a tile of V vectors.
template <typename Format, int V, int R = kTileRows, typename In>
static void add_rows_of_tile(int64_t rows, const Pixels& pixels, const In* a, const float* b, float* c, int64_t stride, bool add) {
  if constexpr (R > 0) {
    if (rows < R) return add_rows_of_tile<Format, V, R - 1>(rows, pixels, a, b, c, stride, add);
    add_outer_products<Format, R, V>(pixels, a, b, c, stride, add);
  }
}

// A tile of up to kTileRows columns of A and kPanelColumns of B. Rows of B are filled up to whole vectors; those of C are not.
template <typename Format = Single, typename In>
static void add_tile(int64_t rows, int64_t columns, const Pixels& pixels, const In* a, const float* b, float* c, int64_t stride,
                     bool add) {
  if (columns == kPanelColumns) return add_rows_of_tile<Format, 2>(rows, pixels, a, b, c, stride, add);
  if (columns == kLanes) return add_rows_of_tile<Format, 1>(rows, pixels, a, b, c, stride, add);
  // The compiler keeps sums in registers only if they are stored as whole vectors.
  alignas(NVAE_VECTOR_BYTES) float tile[kTileRows * kPanelColumns];
  if (columns > kLanes) add_rows_of_tile<Format, 2>(rows, pixels, a, b, tile, kPanelColumns, false);
  else add_rows_of_tile<Format, 1>(rows, pixels, a, b, tile, kPanelColumns, false);
  for (int64_t r = 0; r < rows; ++r)
    for_channels(columns, [&](int64_t n, int lanes) {
      float* out = c + r * stride + n;
      const vf sum = load(tile + r * kPanelColumns + n);
      store_n(out, add ? load_n(out, lanes) + sum : sum, lanes);
    });
}
