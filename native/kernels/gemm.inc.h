// Matrix product in the style of GotoBLAS. Included once per instruction set, after rows.inc.h.
//
// C = A * B: B is packed into panels [N / NR][K][NR]. A task takes a block of rows of A, copies a slice of them into a
// buffer with a fixed row stride (so that one pointer addresses all rows of a register tile), and multiplies the slice with
// every panel. A tile of kTileRows x 2 vectors of C stays in registers.
// The caller defines the rows of A: rows of a matrix, or the pixels under a filter (an implicit im2col).
// In half precision, a cell of four bytes holds two neighbours along K in bfloat16; products and sums are float32.
// Tasks and the order of every sum depend only on the shape, so the result does not depend on the number of threads.

#if NVAE_VECTOR_BYTES == 64
constexpr int kTileRows = 14;  // 28 accumulators + 2 of B + 1 broadcast of 32 registers
#else
constexpr int kTileRows = 6;  // 12 accumulators + 2 of B + 1 broadcast of 16 registers
#endif
constexpr int kPanelColumns = 2 * kLanes;
constexpr int64_t kDepth = 512;             // longest slice of K, in cells: its panel stays in L2, its rows of A near L1
constexpr int64_t kRowStride = kDepth + 16; // not a multiple of 4 kB, so that rows do not share cache sets
constexpr int64_t kBlockTiles = NVAE_VECTOR_BYTES == 64 ? 8 : 16;
constexpr int64_t kBlockRows = kBlockTiles * kTileRows;
constexpr int64_t kWantedTasks = 16;

// The content of a cell.
struct Single {
  using Value = float;
  static constexpr int64_t kPerCell = 1;
  static inline vf multiply_add(vf sum, vf a, vf b) { return sum + a * b; }
  // Cells of `lanes` columns from n on: of the row k.
  template <typename B>
  static inline vf row(const B& b, int64_t k, int64_t, int64_t n, int lanes) { return b.row(k, n, lanes); }
  // kLanes cells of one column, from contiguous values.
  static inline vf column(const float* values) { return load(values); }
  template <typename Rows>
  static inline void fill_row(const Rows& rows, int64_t row, int64_t k0, int64_t k1, float* cells) {
    rows.fill(row, k0, k1, cells);
  }
};

#if NVAE_VECTOR_BYTES == 64 && defined(__x86_64__)
#define NVAE_HALF_PRODUCTS
// Only for processors with AVX512-BF16; nothing else in this file is compiled for that instruction set.
struct Half {
  using Value = uint16_t;
  static constexpr int64_t kPerCell = 2;
  static inline vf multiply_add(vf sum, vf a, vf b) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
  }
  template <typename B>
  static inline vf row(const B& b, int64_t k, int64_t k_count, int64_t n, int lanes) {
    return pairs(b.row(k, n, lanes), k + 1 < k_count ? b.row(k + 1, n, lanes) : vf{});
  }
  static inline vf column(const float* values) {
    const vh low = round_to_bfloat16(load(values)), high = round_to_bfloat16(load(values + kLanes));
    vf cells;
    std::memcpy(&cells, &low, sizeof low);
    std::memcpy(reinterpret_cast<char*>(&cells) + sizeof low, &high, sizeof high);
    return cells;
  }
  template <typename Rows>
  static inline void fill_row(const Rows& rows, int64_t row, int64_t k0, int64_t k1, float* cells) {
    auto* halves = reinterpret_cast<uint16_t*>(cells);
    rows.fill(row, k0, k1, halves);
    zero_values(halves + (k1 - k0), 1);  // the rest of the last cell
  }
};
#endif

// One tile: rows 0..R-1 of the buffer, RowStride apart, times one panel of V vectors. Adds to C if `add`, otherwise starts from
// bias or 0.
template <typename Format, int R, int V, int64_t RowStride>
static inline void multiply_tile(const float* rows, const float* panel, int64_t depth, float* const* c, int columns,
                                 const float* bias, bool add) {
  vf sum[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) sum[r][v] = vf{};
  for (int64_t k = 0; k < depth; ++k) {
    vf b[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) b[v] = load(panel + k * kPanelColumns + v * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const vf a = splat(rows[r * RowStride + k]);
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) sum[r][v] = Format::multiply_add(sum[r][v], a, b[v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      const int here = columns - v * kLanes;
      float* out = c[r] + v * kLanes;
      if (here >= kLanes) {
        const vf before = add ? load(out) : bias ? load(bias + v * kLanes) : vf{};
        store(out, before + sum[r][v]);
      } else if (here > 0) {
        const vf before = add ? load_part(out, here) : bias ? load_part(bias + v * kLanes, here) : vf{};
        store_part(out, before + sum[r][v], here);
      }
    }
  }
}

// Selects the instance for `rows` rows; the remainder of a block is rarely more than one such tile.
template <typename Format, int R, int64_t RowStride = kRowStride>
static void multiply_rows(int64_t count, const float* rows, const float* panel, int64_t depth, float* const* c,
                          int columns, const float* bias, bool add) {
  if constexpr (R > 0) {
    if (count < R) return multiply_rows<Format, R - 1, RowStride>(count, rows, panel, depth, c, columns, bias, add);
    if (columns > kLanes) multiply_tile<Format, R, 2, RowStride>(rows, panel, depth, c, columns, bias, add);
    else multiply_tile<Format, R, 1, RowStride>(rows, panel, depth, c, columns, bias, add);
  }
}

// The values at(0), ..., at(lanes - 1), zeros in the other lanes.
template <typename At>
static inline vf gather(int lanes, const At& at) {
  float values[kLanes] = {};
  for (int i = 0; i < lanes; ++i) values[i] = at(i);
  return load(values);
}

// A matrix as B: row returns the values of `lanes` columns from n on; run returns `count` values along k if they are contiguous,
// otherwise null.
struct RowMajor {
  const float* b;
  int64_t columns;
  vf row(int64_t k, int64_t n, int lanes) const { return load_n(b + k * columns + n, lanes); }
  const float* run(int64_t, int64_t, int64_t) const { return nullptr; }
};

struct ScaledColumns {
  const float* b;
  int64_t columns;
  const float* scale;
  vf row(int64_t k, int64_t n, int lanes) const { return load_n(b + k * columns + n, lanes) * load_n(scale + n, lanes); }
  const float* run(int64_t, int64_t, int64_t) const { return nullptr; }
};

struct ColumnMajor {
  const float* b;
  int64_t rows;
  vf row(int64_t k, int64_t n, int lanes) const {
    return gather(lanes, [&](int i) { return b[(n + i) * rows + k]; });
  }
  const float* run(int64_t k, int64_t n, int64_t) const { return b + n * rows + k; }
};

// Packs cells first..last of one panel of B; columns beyond N are zero.
template <typename Format, typename B>
static void pack_panel(int64_t panel, int64_t first, int64_t last, int64_t k_count, int64_t n_count, const B& b,
                       float* out) {
  const int64_t n0 = panel * kPanelColumns, columns = least(kPanelColumns, n_count - n0);
  // Reads B along k if it is contiguous that way: its columns are far apart, and all of them together would not fit into L1.
  constexpr int64_t kRun = kLanes * Format::kPerCell;
  for (int64_t k = first * Format::kPerCell; k + kRun <= least(k_count, last * Format::kPerCell) && b.run(k, n0, kRun);
       k += kRun, first += kLanes, out += kLanes * kPanelColumns) {
    for (int64_t v = 0; v < kPanelColumns; v += kLanes) {
      vf block[kLanes];
      for (int64_t i = 0; i < kLanes; ++i) block[i] = v + i < columns ? Format::column(b.run(k, n0 + v + i, kRun)) : vf{};
      transpose(block);
      for (int64_t i = 0; i < kLanes; ++i) store(out + i * kPanelColumns + v, block[i]);
    }
  }
  for (int64_t cell = first; cell < last; ++cell, out += kPanelColumns) {
    for (int64_t v = 0; v < kPanelColumns; v += kLanes) {
      const int lanes = static_cast<int>(most(0, least(kLanes, columns - v)));
      store(out + v, Format::row(b, cell * Format::kPerCell, k_count, n0 + v, lanes));
    }
  }
}

template <typename Format, typename B>
static const float* pack_panels(int64_t k_count, int64_t n_count, const B& b, Slot slot = Slot::kPackedFilter) {
  const int64_t panels = ceil_div(n_count, kPanelColumns), cells = ceil_div(k_count, Format::kPerCell);
  float* packed = scratch(slot, static_cast<size_t>(panels * cells * kPanelColumns));
  const int64_t slice = most(16, 32768 / kPanelColumns);
  const int64_t slices = ceil_div(cells, slice);
  parallel(panels * slices, [&](int64_t task) {
    const int64_t panel = task / slices, first = (task % slices) * slice, last = least(first + slice, cells);
    pack_panel<Format>(panel, first, last, k_count, n_count, b, packed + (panel * cells + first) * kPanelColumns);
  });
  return packed;
}

// How the product is split: blocks of rows, and the panels in `splits` parts.
struct Shares {
  int64_t block, blocks, splits;
};

// Among the splits into about kWantedTasks tasks, selects the one that reads least: each block reads all of B, each split all of A.
static Shares share_out(int64_t m_count, int64_t n_count) {
  const int64_t panels = ceil_div(n_count, kPanelColumns), tiles = ceil_div(m_count, kTileRows);
  Shares best = {};
  int64_t cost = 0;
  for (int64_t splits = 1; splits <= least(panels, kWantedTasks); ++splits) {
    const int64_t block = most(1, least(kBlockTiles, tiles * splits / kWantedTasks));
    const int64_t blocks = ceil_div(tiles, block);
    // With too few tasks, some threads are idle.
    const int64_t missing = most(0, kWantedTasks - blocks * splits);
    const int64_t here = blocks * n_count + splits * m_count + missing * (m_count + n_count);
    if (splits > 1 && here >= cost) continue;
    cost = here;
    best = {block * kTileRows, blocks, splits};
  }
  return best;
}

// Multiplies A and B. `Rows` provides the rows of A and C: each task creates an object from its first row and number of
// rows. fill(i, k0, k1, out) writes columns k0..k1 of row i of A; out(i) is the address of row i of C.
template <typename Format = Single, typename Rows, typename B>
static void multiply(int64_t m_count, int64_t n_count, int64_t k_count, const B& b, const float* shift, bool silu,
                     const Rows& rows_of) {
  const int64_t panels = ceil_div(n_count, kPanelColumns);
  const int64_t cells = ceil_div(k_count, Format::kPerCell);
  const int64_t depth = ceil_div(cells, most(1, ceil_div(cells, kDepth)));
  const Shares shares = share_out(m_count, n_count);
  // Panels that are read only once or twice are packed by the task that reads them.
  const float* packed = shares.blocks > 2 ? pack_panels<Format>(k_count, n_count, b) : nullptr;
  parallel(shares.blocks * shares.splits, [&](int64_t task) {
    const int64_t m0 = (task / shares.splits) * shares.block, rows = least(shares.block, m_count - m0);
    const int64_t split = task % shares.splits;
    const int64_t p0 = panels * split / shares.splits, p1 = panels * (split + 1) / shares.splits;
    float* buffer = scratch(Slot::kRows, kBlockRows * kRowStride);
    float* own_panel = packed ? nullptr : scratch(Slot::kPanel, static_cast<size_t>(depth * kPanelColumns));
    const auto a = rows_of(m0, rows);
    const int64_t first = p0 * kPanelColumns, width = (p1 - p0) * kPanelColumns;
    // Sums are added up where they belong, unless that is to hold rounded ones.
    constexpr bool rounds = !std::is_same_v<decltype(a.out(0)), float*>;
    float* sums = rounds ? scratch(Slot::kSums, static_cast<size_t>(rows * width)) : nullptr;
    const auto sums_of = [&](int64_t row) {
      if constexpr (rounds) return sums + row * width;
      else return a.out(row) + first;
    };
    for (int64_t c0 = 0; c0 < cells; c0 += depth) {
      const int64_t c1 = least(c0 + depth, cells);
      const int64_t k0 = c0 * Format::kPerCell, k1 = least(c1 * Format::kPerCell, k_count);
      for (int64_t r = 0; r < rows; ++r) Format::fill_row(a, r, k0, k1, buffer + r * kRowStride);
      for (int64_t p = p0; p < p1; ++p) {
        if (own_panel) pack_panel<Format>(p, c0, c1, k_count, n_count, b, own_panel);
        const float* panel = packed ? packed + (p * cells + c0) * kPanelColumns : own_panel;
        const int64_t n0 = p * kPanelColumns;
        const int columns = static_cast<int>(least(kPanelColumns, n_count - n0));
        for (int64_t r = 0; r < rows; r += kTileRows) {
          float* tile[kTileRows];
          const int64_t count = least(kTileRows, rows - r);
          for (int64_t i = 0; i < count; ++i) tile[i] = sums_of(r + i) + n0 - first;
          multiply_rows<Format, kTileRows>(count, buffer + r * kRowStride, panel, c1 - c0, tile, columns,
                                           shift ? shift + n0 : nullptr, c0 > 0);
        }
      }
    }
    if (!silu && !rounds) return;
    for (int64_t r = 0; r < rows; ++r) {
      const float* from = sums_of(r);
      auto* c = a.out(r) + first;
      for_channels(least(width, n_count - first), [&](int64_t n, int lanes) {
        const vf x = load_n(from + n, lanes);
        store_n(c + n, silu ? x * sigmoid(x) : x, lanes);
      });
    }
  });
}

// Matrix times vector is limited by reading the matrix once, so nothing is packed.
static void multiply_vector(int64_t m, int64_t k, const float* a, const float* v, float* c) {
  const int64_t rows = most(1, 16384 / most(1, k));
  parallel(ceil_div(m, rows), [&](int64_t task) {
    for (int64_t row = task * rows; row < least(m, (task + 1) * rows); ++row)
      c[row] = static_cast<float>(dot(a + row * k, v, k));
  });
}

// The same with a given as [k, m]: a sum of its rows, with one task per block of columns.
static void multiply_vector_transposed(int64_t m, int64_t k, const float* a, const float* v, float* c) {
  const int64_t columns = most(4 * kLanes, ceil_div(16384 / most(1, k), 4 * kLanes) * 4 * kLanes);
  parallel(ceil_div(m, columns), [&](int64_t task) {
    const int64_t first = task * columns, last = least(m, first + columns);
    int64_t j = first;
    for (; j + 4 * kLanes <= last; j += 4 * kLanes) {
      vf sum[4] = {};
      for (int64_t i = 0; i < k; ++i)
#pragma GCC unroll 4
        for (int part = 0; part < 4; ++part) sum[part] += load(a + i * m + j + part * kLanes) * splat(v[i]);
      for (int part = 0; part < 4; ++part) store(c + j + part * kLanes, sum[part]);
    }
    for (; j < last; ++j) {
      float total = 0;
      for (int64_t i = 0; i < k; ++i) total += a[i * m + j] * v[i];
      c[j] = total;
    }
  });
}

// Rows of a matrix that may be transposed, and of a result.
struct MatrixRows {
  const float* a;
  int64_t row_step, column_step;
  float* c;
  int64_t columns;

  float* out(int64_t i) const { return c + i * columns; }
  void fill(int64_t i, int64_t k0, int64_t k1, float* to) const {
    const float* row = a + i * row_step;
    if (column_step == 1) return copy_floats(to, row + k0, k1 - k0);
    for (int64_t k = k0; k < k1; ++k) to[k - k0] = row[k * column_step];
  }
};

static void gemm(int64_t m, int64_t n, int64_t k, const float* a, bool transpose_a, const float* b, bool transpose_b,
                 float* c) {
  if (n == 1) {
    return transpose_a ? multiply_vector_transposed(m, k, a, b, c) : multiply_vector(m, k, a, b, c);
  }
  const auto rows_of = [&](int64_t first, int64_t) {
    return MatrixRows{transpose_a ? a + first : a + first * k, transpose_a ? 1 : k, transpose_a ? m : 1, c + first * n, n};
  };
  if (transpose_b) multiply(m, n, k, ColumnMajor{b, k}, nullptr, false, rows_of);
  else multiply(m, n, k, RowMajor{b, n}, nullptr, false, rows_of);
}
