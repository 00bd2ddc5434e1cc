// The filter gradient of a convolution: for each tap, the product of the pixels of x under it, transposed, and of dy. Included once
// per instruction set, after outer_products.inc.h.
//
// A task is a part of the pixels, of the rows of the filter (tap, input channel) and of its columns (output channel). It works on
// slices of pixels that stay in L2: its columns of dy are copied into panels, x is read where it is. Sums of a slice are added to
// memory, so long sums are summed in levels.
//
// In half precision, and if each pixel is under one tap only, cells hold the values of two pixels in bfloat16; x is copied, too.

constexpr int64_t kLongestSlice = 512;
constexpr int64_t kSliceFloats = int64_t{96} << 10;  // of x and dy: they share L2 with the sums

// The rows of a filter in tiles of about the same size, none of which has rows of two taps.
struct FilterTiles {
  int64_t channels, per_tap, count;
  explicit FilterTiles(const ConvShape& s)
      : channels(s.in_channels), per_tap(ceil_div(channels, kTileRows)), count(s.filter_height * s.filter_width * per_tap) {}

  int64_t tap(int64_t tile) const { return tile / per_tap; }
  int64_t channel(int64_t tile) const { return channels * (tile % per_tap) / per_tap; }
  int64_t rows(int64_t tile) const { return channels * (tile % per_tap + 1) / per_tap - channel(tile); }
};

// In how many parts each side of the product is split.
struct FilterParts {
  int64_t pixels, tiles, panels;
};

// Among the splits into about kWantedTasks tasks, selects the one that reads and adds up least.
static FilterParts split_filter_gradient(int64_t pixels, int64_t rows, int64_t tiles, int64_t columns) {
  const int64_t panels = ceil_div(columns, kPanelColumns);
  FilterParts best = {};
  int64_t cost = 0;
  for (int64_t t = 1; t <= least(tiles, kWantedTasks); ++t) {
    for (int64_t n = 1; n <= least(panels, ceil_div(kWantedTasks, t)); ++n) {
      const int64_t parts = least(ceil_div(pixels, 64), ceil_div(kWantedTasks, t * n));
      const int64_t sums = parts > 1 ? 3 * parts * rows * columns : 0;
      // With too few tasks, some threads are idle.
      const int64_t missing = most(0, kWantedTasks - parts * t * n) * pixels * (rows + columns);
      const int64_t here = pixels * (columns * t + rows * n) + sums + missing;
      if (best.pixels > 0 && here >= cost) continue;
      cost = here;
      best = {parts, t, n};
    }
  }
  return best;
}


// The output pixels p0..p1 whose tap is inside of the image, as runs over x and over a panel of dy that begins at p0. Returns how many.
static int64_t runs_of_tap(const ConvShape& s, int64_t tap, int64_t p0, int64_t p1, Run* runs) {
  const int64_t dy = tap / s.filter_width - s.pad_top, dx = tap % s.filter_width - s.pad_left;
  const int64_t inside = most(0, ceil_div(-dx, s.stride_width));
  const int64_t outside = least(s.out_width, ceil_div(most(0, s.in_width - dx), s.stride_width));
  int64_t count = 0;
  for (int64_t p = p0, next; p < p1; p = next) {
    const int64_t line = p / s.out_width, begin = line * s.out_width;
    next = least(p1, begin + s.out_width);
    const int64_t first = most(p, begin + inside), last = least(next, begin + outside);
    const int64_t y = line % s.out_height * s.stride_height + dy;
    if (y < 0 || y >= s.in_height || first >= last) continue;
    const int64_t row = (line / s.out_height * s.in_height + y) * s.in_width;
    runs[count++] = {(row + (first - begin) * s.stride_width + dx) * s.in_channels, (first - p0) * kPanelColumns, last - first};
  }
  return count;
}

// Copies columns n0..n1 of pixels p0..p1 of dy into panels [pixels][kPanelColumns], filled up with zeros.
template <typename Gradient>
static void pack_columns(const Gradient* dy, int64_t columns, int64_t n0, int64_t n1, int64_t p0, int64_t p1, float* to) {
  const int64_t panel = (p1 - p0) * kPanelColumns;
  for (int64_t p = p0; p < p1; ++p, to += kPanelColumns) {
    const Gradient* from = dy + p * columns;
    float* out = to;
    int64_t n = n0;
    for (; n + kPanelColumns <= n1; n += kPanelColumns, out += panel) {
      store(out, load(from + n));
      store(out + kLanes, load(from + n + kLanes));
    }
    if (n == n1) continue;
    zero_floats(out, kPanelColumns);
    copy_values(out, from + n, n1 - n);
  }
}

// out = the sum of `count` arrays.
static void add_arrays(const float* arrays, int64_t count, int64_t size, float* out) {
  const int64_t slice = 16384;
  parallel(ceil_div(size, slice), [&](int64_t task) {
    const int64_t first = task * slice;
    for_channels(least(slice, size - first), [&](int64_t i, int lanes) {
      const float* from = arrays + first + i;
      vf sum = load_n(from, lanes);
      for (int64_t array = 1; array < count; ++array) sum += load_n(from + array * size, lanes);
      store_n(out + first + i, sum, lanes);
    });
  });
}

// The part of the sums that a task adds up.
struct FilterBlock {
  int64_t p0, p1, t0, t1, n0, n1;  // pixels, tiles, columns
};

template <typename In, typename Gradient>
static void add_block(const ConvShape& s, const FilterTiles& tiles, const FilterBlock& block, const In* x, const Gradient* dy,
                      float* sums) {
  const int64_t columns = s.out_channels, width = block.n1 - block.n0, stride = s.stride_height * s.stride_width;
  const int64_t floats = least(s.in_channels, (block.t1 - block.t0) * kTileRows) * stride + width;  // of x and dy, per pixel
  const int64_t slice = least(kLongestSlice, most(64, kSliceFloats / floats));
  float* panels = scratch(Slot::kPanel, static_cast<size_t>(slice * (width + kPanelColumns)));
  for (int64_t p0 = block.p0; p0 < block.p1; p0 += slice) {
    const int64_t p1 = least(block.p1, p0 + slice);
    pack_columns(dy, columns, block.n0, block.n1, p0, p1, panels);
    Run runs[kLongestSlice];
    Pixels pixels = {runs, 0, s.stride_width * s.in_channels, kPanelColumns, slice * stride * s.in_channels};
    for (int64_t tile = block.t0; tile < block.t1; ++tile) {
      if (tile == block.t0 || tiles.tap(tile) != tiles.tap(tile - 1)) pixels.count = runs_of_tap(s, tiles.tap(tile), p0, p1, runs);
      float* out = sums + (tiles.tap(tile) * s.in_channels + tiles.channel(tile)) * columns;
      for (int64_t n = 0; n < width; n += kPanelColumns)
        add_tile(tiles.rows(tile), least(kPanelColumns, width - n), pixels, x + tiles.channel(tile), panels + n * (p1 - p0),
                 out + block.n0 + n, columns, p0 > block.p0);
    }
  }
}

// A 1x1 convolution of stride 1 looks at no neighbours.
static bool is_pointwise(const ConvShape& s) {
  const bool single = s.filter_height == 1 && s.filter_width == 1 && s.stride_height == 1 && s.stride_width == 1;
  return single && !s.pad_top && !s.pad_left && s.out_height == s.in_height && s.out_width == s.in_width;
}

#ifdef NVAE_HALF_PRODUCTS
// Copies `count` channels of pixels p0..p1 to cells of two pixels each; a pair follows `stride` cells after the one before. Writes whole
// vectors.
template <typename In>
static void pack_pairs(const In* x, int64_t channels, int64_t count, int64_t p0, int64_t p1, float* cells, int64_t stride) {
  for (int64_t p = p0; p < p1; p += 2, cells += stride) {
    const In *low = x + p * channels, *high = p + 1 < p1 ? low + channels : nullptr;
    for_channels(count, [&](int64_t c, int lanes) { store(cells + c, pairs_at(low + c, high ? high + c : nullptr, lanes)); });
  }
}

// add_block for a 1x1 convolution in half precision.
template <typename In, typename Gradient>
static void add_pairs(const ConvShape& s, const FilterTiles& tiles, const FilterBlock& block, const In* x, const Gradient* dy,
                      float* sums) {
  const int64_t columns = s.out_channels, width = block.n1 - block.n0, first = tiles.channel(block.t0);
  const int64_t channels = tiles.channel(block.t1 - 1) + tiles.rows(block.t1 - 1) - first, stride = spread_stride(channels);
  const int64_t slice = least(kLongestSlice, most(64, 2 * kSliceFloats / (stride + width) / 2 * 2));
  float* panels = scratch(Slot::kPanel, static_cast<size_t>(slice / 2 * (width + kPanelColumns)));
  float* cells = scratch(Slot::kRows, static_cast<size_t>(slice / 2 * stride));
  for (int64_t p0 = block.p0; p0 < block.p1; p0 += slice) {
    const int64_t p1 = least(block.p1, p0 + slice), pairs = ceil_div(p1 - p0, 2);
    pack_pairs(x + first, s.in_channels, channels, p0, p1, cells, stride);
    for (int64_t n = 0; n < width; n += kPanelColumns)
      pack_pairs(dy + block.n0 + n, columns, least(kPanelColumns, width - n), p0, p1, panels + n * pairs, kPanelColumns);
    const Run all = {0, 0, pairs};
    const Pixels pixels = {&all, 1, stride, kPanelColumns, 0};
    for (int64_t tile = block.t0; tile < block.t1; ++tile) {
      float* out = sums + tiles.channel(tile) * columns + block.n0;
      for (int64_t n = 0; n < width; n += kPanelColumns)
        add_tile<Half>(tiles.rows(tile), least(kPanelColumns, width - n), pixels, cells + tiles.channel(tile) - first,
                       panels + n * pairs, out + n, columns, p0 > block.p0);
    }
  }
}
#endif

template <typename In, typename Gradient>
static void direct_filter_gradient(const ConvShape& s, const In* x, const Gradient* dy, float* dfilter) {
  const FilterTiles tiles(s);
  const int64_t pixels = s.batch * s.out_height * s.out_width, columns = s.out_channels, panels = ceil_div(columns, kPanelColumns);
  const int64_t rows = s.filter_height * s.filter_width * s.in_channels, size = rows * columns;
  const FilterParts parts = split_filter_gradient(pixels, rows, tiles.count, columns);
  float* sums = parts.pixels == 1 ? dfilter : scratch(Slot::kPartials, static_cast<size_t>(parts.pixels * size));
  parallel(parts.pixels * parts.tiles * parts.panels, [&](int64_t task) {
    const int64_t p = task / (parts.tiles * parts.panels), t = task / parts.panels % parts.tiles, n = task % parts.panels;
    const FilterBlock block = {pixels * p / parts.pixels, pixels * (p + 1) / parts.pixels,
                               tiles.count * t / parts.tiles, tiles.count * (t + 1) / parts.tiles,
                               panels * n / parts.panels * kPanelColumns,
                               least(columns, panels * (n + 1) / parts.panels * kPanelColumns)};
#ifdef NVAE_HALF_PRODUCTS
    if (s.half && is_pointwise(s)) return add_pairs(s, tiles, block, x, dy, sums + p * size);
#endif
    add_block(s, tiles, block, x, dy, sums + p * size);
  });
  if (parts.pixels > 1) add_arrays(sums, parts.pixels, size, dfilter);
}
