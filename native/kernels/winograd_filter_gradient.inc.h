// The filter gradient of a 3x3 convolution by Winograd's minimal filtering. Included once per instruction set, after
// winograd.inc.h and outer_products.inc.h.
//
// At each of the 36 places, the gradient of the spread filter is the product of the spread windows, transposed, and of the spread
// tiles of dy; it is gathered into 3x3 taps.

// A block of the gradient of the spread filter at one place: [rows, columns], columns whole vectors. The next place follows a plane later.
static void place_gradient(int64_t rows, int64_t columns, const float* v, int64_t v_stride, int64_t v_plane, const float* w,
                           int64_t w_stride, int64_t tiles, float* sums, int64_t stride, bool add) {
  const Run all = {0, 0, tiles};
  const Pixels pixels = {&all, 1, v_stride, w_stride, v_plane};
  const int64_t blocks = ceil_div(rows, kTileRows);
  for (int64_t block = 0; block < blocks; ++block) {
    const int64_t r = rows * block / blocks, count = rows * (block + 1) / blocks - r;
    for (int64_t c = 0; c < columns; c += kPanelColumns)
      add_tile(count, least(kPanelColumns, columns - c), pixels, v + r, w + c, sums + r * stride + c, stride, add);
  }
}

// Gathers one input channel: `columns` values per tap, from the sums of `chunks` parts, chunk_size apart.
static void gather_taps(const float* sums, int64_t plane, int64_t chunks, int64_t chunk_size, int64_t columns, float* dfilter,
                        int64_t tap_size) {
  for_channels(columns, [&](int64_t c, int lanes) {
    vf spread[kSpread][kSpread], taps[3][3];
    for (int i = 0; i < kSpread; ++i)
      for (int j = 0; j < kSpread; ++j) {
        const float* sum = sums + (i * kSpread + j) * plane + c;
        vf total = load(sum);
        for (int64_t chunk = 1; chunk < chunks; ++chunk) total += load(sum + chunk * chunk_size);
        spread[i][j] = total;
      }
    both_ways<kSpread, 3, gather_filter>(spread, taps);
    for (int tap = 0; tap < 9; ++tap) store_n(dfilter + tap * tap_size + c, taps[tap / 3][tap % 3], lanes);
  });
}

// Rows of spread windows and spread tiles of dy, with room for whole vectors and away from multiples of 4 kB.
static int64_t spread_stride(int64_t channels) { return ceil_div(channels, kLanes) * kLanes + 16; }

// Few channels: a task is a part of the tiles, which it spreads in blocks, dy in panels; it keeps sums of its own.
template <typename In, typename Gradient>
static void winograd_filter_gradient_by_tiles(const ConvShape& s, const Tiles& tiles, const In* x, const Gradient* dy,
                                              float* dfilter) {
  constexpr int64_t kBlock = 32, kWidth = 32, kPanelPlane = kBlock * kWidth + 16;
  const int64_t columns = ceil_div(s.out_channels, kLanes) * kLanes;
  const int64_t v_stride = spread_stride(s.in_channels), v_plane = kBlock * v_stride + 16;
  const int64_t plane = s.in_channels * columns + 16, size = kPlaces * plane;
  const int64_t chunks = most(1, least(least(ceil_div(tiles.count, kBlock), 8), (int64_t{4} << 20) / size));
  float* sums = scratch(Slot::kPartials, static_cast<size_t>(chunks * size));
  parallel(chunks, [&](int64_t chunk) {
    const int64_t first = tiles.count * chunk / chunks, last = tiles.count * (chunk + 1) / chunks;
    float* v = scratch(Slot::kSpread, static_cast<size_t>(kPlaces * v_plane));
    float* w = scratch(Slot::kPanel, static_cast<size_t>(kPlaces * kPanelPlane));
    for (int64_t begin = first; begin < last; begin += kBlock) {
      const int64_t count = least(kBlock, last - begin);
      for (int64_t t = 0; t < count; ++t)
        spread_window_of<In>(tiles, x, s.in_channels, begin + t, 0, s.in_channels, v + t * v_stride, v_plane);
      for (int64_t n = 0; n < columns; n += kWidth) {
        for (int64_t t = 0; t < count; ++t)
          spread_tile_of<Gradient>(tiles, dy, s.out_channels, begin + t, n, least(s.out_channels, n + kWidth), w + t * kWidth,
                         kPanelPlane);
        for (int64_t place = 0; place < kPlaces; ++place)
          place_gradient(s.in_channels, least(kWidth, columns - n), v + place * v_plane, v_stride, v_plane,
                         w + place * kPanelPlane, kWidth, count, sums + chunk * size + place * plane + n, columns,
                         begin > first);
      }
    }
  });
  parallel(s.in_channels, [&](int64_t channel) {
    gather_taps(sums + channel * columns, plane, chunks, size, s.out_channels, dfilter + channel * s.out_channels,
                s.in_channels * s.out_channels);
  });
}

// Many channels: everything is spread first, and a task is a block of channels at all places.
template <typename In, typename Gradient>
static void winograd_filter_gradient_by_channels(const ConvShape& s, const Tiles& tiles, const In* x, const Gradient* dy,
                                                 float* dfilter) {
  constexpr int64_t kRows = 28, kColumns = 64;
  const int64_t v_stride = spread_stride(s.in_channels), w_stride = spread_stride(s.out_channels);
  const int64_t v_plane = tiles.count * v_stride + 16, w_plane = tiles.count * w_stride + 16;
  float* v = scratch(Slot::kSpread, static_cast<size_t>(kPlaces * v_plane));
  float* w = scratch(Slot::kPartials, static_cast<size_t>(kPlaces * w_plane));
  parallel(2 * tiles.count, [&](int64_t task) {
    const int64_t tile = task / 2;
    if (task % 2 == 0) spread_window_of<In>(tiles, x, s.in_channels, tile, 0, s.in_channels, v + tile * v_stride, v_plane);
    else spread_tile_of<Gradient>(tiles, dy, s.out_channels, tile, 0, s.out_channels, w + tile * w_stride, w_plane);
  });
  const int64_t row_blocks = ceil_div(s.in_channels, kRows), column_blocks = ceil_div(s.out_channels, kColumns);
  parallel(row_blocks * column_blocks, [&](int64_t task) {
    const int64_t row = task % row_blocks * kRows, column = task / row_blocks * kColumns;
    const int64_t rows = least(kRows, s.in_channels - row), columns = least(kColumns, s.out_channels - column);
    constexpr int64_t kPlane = kRows * kColumns + 16;
    float* sums = scratch(Slot::kPanel, static_cast<size_t>(kPlaces * kPlane));
    for (int64_t place = 0; place < kPlaces; ++place)
      place_gradient(rows, ceil_div(columns, kLanes) * kLanes, v + place * v_plane + row, v_stride, v_plane,
                     w + place * w_plane + column, w_stride, tiles.count, sums + place * kPlane, kColumns, false);
    for (int64_t r = 0; r < rows; ++r)
      gather_taps(sums + r * kColumns, kPlane, 1, 0, columns, dfilter + (row + r) * s.out_channels + column,
                  s.in_channels * s.out_channels);
  });
}

template <typename In, typename Gradient>
static void winograd_filter_gradient(const ConvShape& s, const In* x, const Gradient* dy, float* dfilter) {
  const Tiles tiles(s.batch, s.in_height, s.in_width);
  // The smaller of the two, spread tiles and spread filter, is kept whole.
  if (tiles.count * (s.in_channels + s.out_channels) > 2 * s.in_channels * s.out_channels)
    winograd_filter_gradient_by_tiles(s, tiles, x, dy, dfilter);
  else
    winograd_filter_gradient_by_channels(s, tiles, x, dy, dfilter);
}
