// Convolutions with 3x3 filters, stride 1 and a border of one pixel by Winograd's minimal filtering. Included once per instruction
// set, after gemm.inc.h and winograd_transforms.inc.h.
//
// The output is cut into tiles of 4x4 pixels; the window of a tile is 6x6 pixels of the input. Windows and filters are spread to 36
// places. There, the convolution is a product of numbers: at each place a matrix of [tiles, channels] times one of
// [channels, out channels]. What comes out is gathered into tiles. That takes 36 multiplications per tile and pair of channels, where
// the direct sum takes 144; the largest error is about ten times that of the direct sum.
// The input gradient is the convolution of dy with the filter turned by half a circle, channels swapped.

constexpr int kSpread = 6, kPlaces = kSpread * kSpread, kTile = 4;
constexpr int64_t kSliceDepth = 64;                 // channels of a slice: what a product adds up without writing
constexpr int64_t kSliceStride = kSliceDepth + 16;  // room for a whole vector behind the last channel

// The tiles of a batch of images.
struct Tiles {
  int64_t height, width, rows, columns, count;
  Tiles(int64_t batch, int64_t height, int64_t width)
      : height(height), width(width), rows(ceil_div(height, kTile)), columns(ceil_div(width, kTile)),
        count(batch * rows * columns) {}

  // Address of the first channel of the pixel (row, column) of a tile, which may lie outside of the image: then it is null.
  template <typename Value>
  Value* pixel(Value* images, int64_t channels, int64_t tile, int64_t row, int64_t column) const {
    const int64_t y = tile / columns % rows * kTile + row, x = tile % columns * kTile + column;
    if (y < 0 || y >= height || x < 0 || x >= width) return nullptr;
    return images + ((tile / (columns * rows) * height + y) * width + x) * channels;
  }
};

// Spreads channels first..last of a square of pixels that begins `Border` before a tile: the value of place p and channel first + i
// goes to out[p * plane + i]. Writes whole vectors.
template <int Size, int Border, void (*Transform)(const vf (&)[Size], vf (&)[kSpread]), typename Value>
static void spread_square(const Tiles& tiles, const Value* images, int64_t channels, int64_t tile, int64_t first, int64_t last,
                          float* out, int64_t plane) {
  const Value* pixels[Size][Size];
  for (int i = 0; i < Size; ++i)
    for (int j = 0; j < Size; ++j) pixels[i][j] = tiles.pixel(images, channels, tile, i - Border, j - Border);
  for (int64_t c = first; c < last; c += kLanes) {
    const int lanes = static_cast<int>(least(kLanes, last - c));
    vf square[Size][Size], spread[kSpread][kSpread];
#pragma GCC unroll 6
    for (int i = 0; i < Size; ++i)
#pragma GCC unroll 6
      for (int j = 0; j < Size; ++j) square[i][j] = pixels[i][j] ? load_n(pixels[i][j] + c, lanes) : vf{};
    both_ways<Size, kSpread, Transform>(square, spread);
#pragma GCC unroll 6
    for (int i = 0; i < kSpread; ++i)
#pragma GCC unroll 6
      for (int j = 0; j < kSpread; ++j) store(out + (i * kSpread + j) * plane + c - first, spread[i][j]);
  }
}

// The window of a tile of the input, and a tile of the output's gradient.
template <typename Value>
constexpr auto spread_window_of = spread_square<kSpread, 1, spread_window, Value>;
template <typename Value>
constexpr auto spread_tile_of = spread_square<kTile, 0, spread_tile, Value>;

// Gathers `columns` channels of a tile from m[place * plane + channel], applies the epilogue and writes the pixels that are inside the image.
template <typename Value>
static void gather_tile_of(const Tiles& tiles, Value* images, int64_t channels, int64_t tile, int64_t first, int64_t columns,
                           const Epilogue& e, const float* m, int64_t plane) {
  Value* pixels[kTile][kTile];
  for (int i = 0; i < kTile; ++i)
    for (int j = 0; j < kTile; ++j) pixels[i][j] = tiles.pixel(images, channels, tile, i, j);
  for_channels(columns, [&](int64_t c, int lanes) {
    vf spread[kSpread][kSpread], out[kTile][kTile];
#pragma GCC unroll 6
    for (int i = 0; i < kSpread; ++i)
#pragma GCC unroll 6
      for (int j = 0; j < kSpread; ++j) spread[i][j] = load(m + (i * kSpread + j) * plane + c);
    both_ways<kSpread, kTile, gather_tile>(spread, out);
    const vf scale = e.scale ? load_n(e.scale + first + c, lanes) : splat(1.0f);
    const vf shift = e.shift ? load_n(e.shift + first + c, lanes) : vf{};
    for (int i = 0; i < kTile; ++i) {
      for (int j = 0; j < kTile; ++j) {
        if (!pixels[i][j]) continue;
        const vf y = out[i][j] * scale + shift;
        store_n(pixels[i][j] + first + c, e.silu ? y * sigmoid(y) : y, lanes);
      }
    }
  });
}

// A convolution as 36 matrix products: k runs over the channels of the images that are read, n over those that are written.
template <bool Backward>
struct SpreadFilter {
  const ConvShape& s;
  const float* filter;

  int64_t k_count() const { return Backward ? s.out_channels : s.in_channels; }
  int64_t n_count() const { return Backward ? s.in_channels : s.out_channels; }

  // Spreads k0..k1 of the panel that begins at n0: the value of place p goes to out[p * plane + (k - k0) * kPanelColumns + n - n0].
  void spread(int64_t n0, int64_t k0, int64_t k1, float* out, int64_t plane) const {
    for (int64_t k = k0; k < k1; k += kLanes) {
      const int rows = static_cast<int>(least(kLanes, k1 - k));
      // Nobody reads the columns behind the vector with the last channel.
      for (int64_t n = n0; n < least(n0 + kPanelColumns, n_count()); n += kLanes) {
        const int columns = static_cast<int>(least(kLanes, n_count() - n));
        vf taps[9][kLanes];
        for (int tap = 0; tap < 9; ++tap) block(tap, k, rows, n, columns, taps[tap]);
        for (int row = 0; row < rows; ++row) {
          vf g[3][3], u[kSpread][kSpread];
#pragma GCC unroll 9
          for (int tap = 0; tap < 9; ++tap) g[tap / 3][tap % 3] = taps[tap][row];
          both_ways<3, kSpread, spread_filter>(g, u);
          float* to = out + (k + row - k0) * kPanelColumns + n - n0;
#pragma GCC unroll 6
          for (int i = 0; i < kSpread; ++i)
#pragma GCC unroll 6
            for (int j = 0; j < kSpread; ++j) store(to + (i * kSpread + j) * plane, u[i][j]);
        }
      }
    }
  }

 private:
  // Row i of `to` has the values of one tap for k + i and n, n + 1, ...
  void block(int tap, int64_t k, int rows, int64_t n, int columns, vf (&to)[kLanes]) const {
    if constexpr (Backward) {
      const float* from = filter + ((8 - tap) * s.in_channels + n) * s.out_channels + k;
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) to[i] = i < columns ? load_n(from + i * s.out_channels, rows) : vf{};
      transpose(to);
    } else {
      const float* from = filter + (tap * s.in_channels + k) * s.out_channels + n;
      for (int i = 0; i < rows; ++i) to[i] = load_n(from + i * s.out_channels, columns);
    }
  }
};

// m[rows, kPanelColumns] = v * u, or m += v * u. Rows of v are kSliceStride apart.
static void multiply_place(int64_t rows, const float* v, const float* u, int64_t depth, float* m, int columns, bool add) {
  const int64_t blocks = ceil_div(rows, kTileRows);
  for (int64_t block = 0, r = 0; block < blocks; ++block) {
    const int64_t count = (rows - r) / (blocks - block);  // blocks of about the same size are faster than a small last one
    float* c[kTileRows];
    for (int64_t i = 0; i < count; ++i) c[i] = m + (r + i) * kPanelColumns;
    multiply_rows<Single, kTileRows, kSliceStride>(count, v + r * kSliceStride, u, depth, c, columns, nullptr, add);
    r += count;
  }
}

// The sizes of the 36 matrix products.
struct SpreadProduct {
  int64_t k_count, n_count, slices, depth, panels;
  SpreadProduct(int64_t k_count, int64_t n_count)
      : k_count(k_count), n_count(n_count), slices(ceil_div(k_count, kSliceDepth)), depth(ceil_div(k_count, slices)),
        panels(ceil_div(n_count, kPanelColumns)) {}

  int64_t begin(int64_t slice) const { return slice * depth; }
  int64_t end(int64_t slice) const { return least(k_count, (slice + 1) * depth); }
  int64_t columns(int64_t panel) const { return least(kPanelColumns, n_count - panel * kPanelColumns); }
  // The columns that are multiplied: whole vectors.
  int vector_columns(int64_t panel) const { return static_cast<int>(ceil_div(columns(panel), kLanes) * kLanes); }
};

// Few channels: the filter is spread first, and a task is a block of tiles with all their windows.
template <typename Filter, typename In, typename Out>
static void winograd_by_tiles(const SpreadProduct& p, const Tiles& tiles, const In* x, const Filter& filter, const Epilogue& e,
                              Out* y) {
  const int64_t filter_plane = p.depth * kPanelColumns, filter_panel = p.slices * kPlaces * filter_plane;
  float* spread_filter = scratch(Slot::kPackedFilter, static_cast<size_t>(p.panels * filter_panel));
  parallel(p.panels * p.slices, [&](int64_t task) {
    const int64_t panel = task / p.slices, slice = task % p.slices;
    filter.spread(panel * kPanelColumns, p.begin(slice), p.end(slice),
                  spread_filter + panel * filter_panel + slice * kPlaces * filter_plane, filter_plane);
  });
  const int64_t block = most(16, least(32, ceil_div(tiles.count, kWantedTasks)));
  const int64_t blocks = ceil_div(tiles.count, block);
  parallel(blocks, [&](int64_t task) {
    const int64_t first = tiles.count * task / blocks, count = tiles.count * (task + 1) / blocks - first;
    const int64_t window_plane = block * kSliceStride + 16, sum_plane = block * kPanelColumns + 16;
    float* windows = scratch(Slot::kSpread, static_cast<size_t>(p.slices * kPlaces * window_plane));
    float* sums = scratch(Slot::kPanel, static_cast<size_t>(kPlaces * sum_plane));
    for (int64_t slice = 0; slice < p.slices; ++slice)
      for (int64_t t = 0; t < count; ++t)
        spread_window_of<In>(tiles, x, p.k_count, first + t, p.begin(slice), p.end(slice),
                         windows + slice * kPlaces * window_plane + t * kSliceStride, window_plane);
    for (int64_t panel = 0; panel < p.panels; ++panel) {
      for (int64_t slice = 0; slice < p.slices; ++slice)
        for (int64_t place = 0; place < kPlaces; ++place)
          multiply_place(count, windows + (slice * kPlaces + place) * window_plane,
                         spread_filter + panel * filter_panel + (slice * kPlaces + place) * filter_plane,
                         p.end(slice) - p.begin(slice), sums + place * sum_plane, p.vector_columns(panel), slice > 0);
      for (int64_t t = 0; t < count; ++t)
        gather_tile_of(tiles, y, p.n_count, first + t, panel * kPanelColumns, p.columns(panel), e, sums + t * kPanelColumns,
                       sum_plane);
    }
  });
}

// Many channels: the windows are spread first, and a task is a panel of the filter, whose slices are spread where they are multiplied.
template <typename Filter, typename In, typename Out>
static void winograd_by_panels(const SpreadProduct& p, const Tiles& tiles, const In* x, const Filter& filter, const Epilogue& e,
                               Out* y) {
  const int64_t window_plane = tiles.count * kSliceStride + 16;
  float* windows = scratch(Slot::kSpread, static_cast<size_t>(p.slices * kPlaces * window_plane));
  parallel(tiles.count * p.slices, [&](int64_t task) {
    const int64_t tile = task / p.slices, slice = task % p.slices;
    spread_window_of<In>(tiles, x, p.k_count, tile, p.begin(slice), p.end(slice),
                     windows + slice * kPlaces * window_plane + tile * kSliceStride, window_plane);
  });
  parallel(p.panels, [&](int64_t panel) {
    const int64_t filter_plane = p.depth * kPanelColumns + 16, sum_plane = tiles.count * kPanelColumns + 16;
    float* spread_filter = scratch(Slot::kRows, static_cast<size_t>(kPlaces * filter_plane));
    float* sums = scratch(Slot::kPanel, static_cast<size_t>(kPlaces * sum_plane));
    for (int64_t slice = 0; slice < p.slices; ++slice) {
      filter.spread(panel * kPanelColumns, p.begin(slice), p.end(slice), spread_filter, filter_plane);
      for (int64_t place = 0; place < kPlaces; ++place)
        multiply_place(tiles.count, windows + (slice * kPlaces + place) * window_plane, spread_filter + place * filter_plane,
                       p.end(slice) - p.begin(slice), sums + place * sum_plane, p.vector_columns(panel), slice > 0);
    }
    for (int64_t tile = 0; tile < tiles.count; ++tile)
      gather_tile_of(tiles, y, p.n_count, tile, panel * kPanelColumns, p.columns(panel), e, sums + tile * kPanelColumns, sum_plane);
  });
}

// Whether Winograd's way is the faster one: a rule of the shape alone, so that a sum never depends on anything else.
static bool suits_winograd(const ConvShape& s) {
  if (s.filter_height != 3 || s.filter_width != 3 || s.stride_height != 1 || s.stride_width != 1) return false;
  if (s.pad_top != 1 || s.pad_left != 1 || s.out_height != s.in_height || s.out_width != s.in_width) return false;
  if (s.in_channels < 16 || s.out_channels < 16) return false;
  const Tiles tiles(s.batch, s.in_height, s.in_width);
  // Few tiles do not earn the spreading of the filter; a tile that is mostly outside of the image earns nothing.
  return tiles.count >= 4 && 2 * s.batch * s.in_height * s.in_width >= tiles.count * kTile * kTile;
}

template <bool Backward, typename In, typename Out>
static void winograd(const ConvShape& s, const In* x, const float* filter, const Epilogue& e, Out* y) {
  const SpreadFilter<Backward> spread_filter{s, filter};
  const SpreadProduct product(spread_filter.k_count(), spread_filter.n_count());
  const Tiles tiles(s.batch, s.in_height, s.in_width);
  // The side that is the smaller one when it is spread is spread whole.
  if (2 * tiles.count > product.n_count) winograd_by_tiles(product, tiles, x, spread_filter, e, y);
  else winograd_by_panels(product, tiles, x, spread_filter, e, y);
}
