// Convolution as an implicit matrix product. Included once per instruction set, after gemm.inc.h.
//
// Forward: a row of A holds the pixels under the filter at one output pixel. Nothing is transposed: whole runs of
// filter_width * channels are copied, with zeros at the borders.
// Input gradient: the input pixels with the same remainder modulo the stride form a grid on which the gradient is an ordinary
// convolution of dy with every stride-th tap of the flipped filter. With stride 1 there is one such grid.
// Filter gradient: no packing; see below.

// A grid of pixels, with a window over an image and a place for the result for each pixel.
struct WindowGrid {
  const float* image;
  int64_t height, width, channels;           // of the image
  int64_t taps_height, taps_width;           // of the window
  int64_t rows, columns;                     // of the grid, per image
  int64_t origin_height, origin_width;       // image position of the window of grid pixel (0, 0)
  int64_t step_height, step_width;           // from window to window
  float* out;
  int64_t out_height, out_width, out_channels;
  int64_t out_first_height, out_first_width, out_step_height, out_step_width;
};

// Consecutive pixels of a grid: their windows are rows of A, their results are rows of C.
class GridRows {
 public:
  GridRows(const WindowGrid& grid, int64_t first, int64_t count) : g_(grid) {
    int64_t column = first % g_.columns, row = first / g_.columns % g_.rows, image = first / (g_.columns * g_.rows);
    for (int64_t i = 0; i < count; ++i) {
      pixels_[i] = {g_.image + image * g_.height * g_.width * g_.channels, g_.origin_height + row * g_.step_height,
                    g_.origin_width + column * g_.step_width, out_address(image, row, column)};
      if (++column < g_.columns) continue;
      column = 0;
      if (++row < g_.rows) continue;
      row = 0;
      ++image;
    }
  }

  float* out(int64_t i) const { return pixels_[i].out; }

  // Copies columns k0..k1 of row i of A: whole runs of taps_width * channels, zeros where the window leaves the image.
  void fill(int64_t i, int64_t k0, int64_t k1, float* to) const {
    const Pixel& pixel = pixels_[i];
    const int64_t run = g_.taps_width * g_.channels;
    // The part of a run that is inside the image.
    const int64_t first = most(0, -pixel.left) * g_.channels, last = (g_.width - pixel.left) * g_.channels;
    int64_t tap_row = k0 / run, begin = k0 - tap_row * run;
    for (int64_t k = k0; k < k1; ++tap_row, begin = 0) {
      const int64_t end = least(run, begin + k1 - k), y = pixel.top + tap_row;
      int64_t inside = most(begin, first), outside = least(end, last);
      if (y < 0 || y >= g_.height || inside >= outside) inside = outside = end;
      const float* source = pixel.image + (y * g_.width + pixel.left) * g_.channels;
      if (inside > begin) zero_floats(to, inside - begin);
      if (outside > inside) copy_floats(to + inside - begin, source + inside, outside - inside);
      if (end > outside) zero_floats(to + outside - begin, end - outside);
      to += end - begin;
      k += end - begin;
    }
  }

 private:
  struct Pixel {
    const float* image;
    int64_t top, left;
    float* out;
  };

  float* out_address(int64_t image, int64_t row, int64_t column) const {
    const int64_t y = g_.out_first_height + row * g_.out_step_height;
    const int64_t x = g_.out_first_width + column * g_.out_step_width;
    return g_.out + ((image * g_.out_height + y) * g_.out_width + x) * g_.out_channels;
  }

  const WindowGrid& g_;
  Pixel pixels_[kBlockRows];
};

// The filter as B: the k-th value under the window for the n-th output channel.
template <typename Format, typename Filter>
static void convolve(const WindowGrid& g, int64_t batch, const Filter& filter, const float* shift, bool silu) {
  multiply<Format>(batch * g.rows * g.columns, g.out_channels, g.taps_height * g.taps_width * g.channels, filter, shift,
                   silu, [&](int64_t first, int64_t count) { return GridRows(g, first, count); });
}

template <typename Format>
static void conv2d_in(const ConvShape& s, const float* x, const float* filter, const Epilogue& e, float* y) {
  const WindowGrid grid = {x, s.in_height, s.in_width, s.in_channels, s.filter_height, s.filter_width,
                           s.out_height, s.out_width, -s.pad_top, -s.pad_left, s.stride_height, s.stride_width,
                           y, s.out_height, s.out_width, s.out_channels, 0, 0, 1, 1};
  if (e.scale) convolve<Format>(grid, s.batch, ScaledColumns{filter, s.out_channels, e.scale}, e.shift, e.silu);
  else convolve<Format>(grid, s.batch, RowMajor{filter, s.out_channels}, e.shift, e.silu);
}

// The taps of a filter that belong to one phase of the stride, in reverse order: k runs over taps and output channels, n over
// input channels.
struct FilterBackwards {
  const float* filter;
  const ConvShape& s;
  int64_t phase_y, phase_x, taps_y, taps_x;

  const float* address(int64_t k, int64_t n) const {
    const int64_t channel = k % s.out_channels, tap = k / s.out_channels;
    const int64_t ky = phase_y + s.stride_height * (taps_y - 1 - tap / taps_x);
    const int64_t kx = phase_x + s.stride_width * (taps_x - 1 - tap % taps_x);
    return filter + ((ky * s.filter_width + kx) * s.in_channels + n) * s.out_channels + channel;
  }
  float operator()(int64_t k, int64_t n) const { return *address(k, n); }
  const float* run(int64_t k, int64_t n, int64_t count) const {
    return k % s.out_channels + count <= s.out_channels ? address(k, n) : nullptr;
  }
};

template <typename Format>
static void conv2d_input_gradient_in(const ConvShape& s, const float* dy, const float* filter, float* dx) {
  // Pixels that no tap of their grid reaches get no gradient.
  if (s.filter_height < s.stride_height || s.filter_width < s.stride_width) {
    std::memset(dx, 0, static_cast<size_t>(s.batch * s.in_height * s.in_width * s.in_channels) * sizeof(float));
  }
  for (int64_t phase_y = 0; phase_y < s.stride_height; ++phase_y) {
    for (int64_t phase_x = 0; phase_x < s.stride_width; ++phase_x) {
      const int64_t taps_y = ceil_div(s.filter_height - phase_y, s.stride_height);
      const int64_t taps_x = ceil_div(s.filter_width - phase_x, s.stride_width);
      // First input pixel with (pixel + pad) % stride == phase.
      const int64_t first_y = ((phase_y - s.pad_top) % s.stride_height + s.stride_height) % s.stride_height;
      const int64_t first_x = ((phase_x - s.pad_left) % s.stride_width + s.stride_width) % s.stride_width;
      const int64_t rows = ceil_div(s.in_height - first_y, s.stride_height);
      const int64_t columns = ceil_div(s.in_width - first_x, s.stride_width);
      if (taps_y <= 0 || taps_x <= 0 || rows <= 0 || columns <= 0) continue;
      const WindowGrid grid = {dy, s.out_height, s.out_width, s.out_channels, taps_y, taps_x, rows, columns,
                               (first_y + s.pad_top) / s.stride_height - (taps_y - 1),
                               (first_x + s.pad_left) / s.stride_width - (taps_x - 1), 1, 1,
                               dx, s.in_height, s.in_width, s.in_channels,
                               first_y, first_x, s.stride_height, s.stride_width};
      convolve<Format>(grid, s.batch, FilterBackwards{filter, s, phase_y, phase_x, taps_y, taps_x}, nullptr,
                       false);
    }
  }
}

static bool takes_winograd(const ConvShape& s) { return !s.direct && suits_winograd(s); }

static void conv2d(const ConvShape& s, const float* x, const float* filter, const Epilogue& epilogue, float* y) {
#ifdef NVAE_HALF_PRODUCTS
  if (s.half) return conv2d_in<Half>(s, x, filter, epilogue, y);
#endif
  if (takes_winograd(s)) return winograd<false>(s, x, filter, epilogue, y);
  conv2d_in<Single>(s, x, filter, epilogue, y);
}

static void conv2d_input_gradient(const ConvShape& s, const float* dy, const float* filter, float* dx) {
#ifdef NVAE_HALF_PRODUCTS
  if (s.half) return conv2d_input_gradient_in<Half>(s, dy, filter, dx);
#endif
  if (takes_winograd(s)) return winograd<true>(s, dy, filter, {}, dx);
  conv2d_input_gradient_in<Single>(s, dy, filter, dx);
}

// Filter gradient: for each tap, dfilter[tap] = sum over pixels of x[pixel of tap] (outer product) dy[pixel]. A register tile
// holds kTileRows input channels x 2 vectors of output channels while it loops over pixels. Rows of pixels are processed in
// bands that stay in L2, with every tile visited for each band. The sum of a band is added to memory, so long sums are summed
// in two levels.

struct Band {
  int64_t image, first_row, last_row;  // rows of dy
};

// Adds the sum of one tile over a band. The channels of dy are padded to whole vectors (`stride` floats per pixel).
template <int R, int V>
static inline void add_outer_products(const ConvShape& s, const Band& band, const float* x, const float* dy,
                                      int64_t stride, int64_t ky, int64_t kx, int64_t ci, int64_t co, float* sums) {
  const int64_t first = most(0, ceil_div(s.pad_left - kx, s.stride_width));
  const int64_t reach = s.in_width - 1 + s.pad_left - kx;  // below 0: this tap sees no columns
  const int64_t last = reach < 0 ? 0 : least(s.out_width, reach / s.stride_width + 1);
  vf sum[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) sum[r][v] = vf{};
  for (int64_t row = band.first_row; row < band.last_row; ++row) {
    const int64_t y = row * s.stride_height - s.pad_top + ky;
    if (y < 0 || y >= s.in_height) continue;
    const int64_t x0 = first * s.stride_width - s.pad_left + kx;
    const float* a = x + ((band.image * s.in_height + y) * s.in_width + x0) * s.in_channels + ci;
    const float* b = dy + ((band.image * s.out_height + row) * s.out_width + first) * stride + co;
    for (int64_t column = first; column < last; ++column, a += s.stride_width * s.in_channels, b += stride) {
      vf d[V];
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) d[v] = load(b + v * kLanes);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const vf value = splat(a[r]);
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v) sum[r][v] += value * d[v];
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      float* out = sums + r * stride + v * kLanes;
      store(out, load(out) + sum[r][v]);
    }
}

template <int R>
static void add_channels(int64_t count, const ConvShape& s, const Band& band, const float* x, const float* dy,
                         int64_t stride, int64_t ky, int64_t kx, int64_t ci, float* sums) {
  if constexpr (R > 0) {
    if (count < R) return add_channels<R - 1>(count, s, band, x, dy, stride, ky, kx, ci, sums);
    int64_t co = 0;
    for (; co + 2 * kLanes <= stride; co += 2 * kLanes)
      add_outer_products<R, 2>(s, band, x, dy, stride, ky, kx, ci, co, sums + co);
    if (co < stride) add_outer_products<R, 1>(s, band, x, dy, stride, ky, kx, ci, co, sums + co);
  }
}

// Returns dy with its channels padded to whole vectors.
static const float* pad_channels(const float* dy, int64_t pixels, int64_t channels, int64_t stride) {
  if (channels == stride) return dy;
  float* padded = scratch(Slot::kPadded, static_cast<size_t>(pixels * stride));
  const int64_t slice = 4096;
  parallel(ceil_div(pixels, slice), [&](int64_t task) {
    for (int64_t p = task * slice; p < least(pixels, (task + 1) * slice); ++p) {
      std::memcpy(padded + p * stride, dy + p * channels, static_cast<size_t>(channels) * sizeof(float));
      std::memset(padded + p * stride + channels, 0, static_cast<size_t>(stride - channels) * sizeof(float));
    }
  });
  return padded;
}

static void conv2d_filter_gradient(const ConvShape& s, const float* x, const float* dy_given, float* dfilter) {
  if (takes_winograd(s)) return winograd_filter_gradient(s, x, dy_given, dfilter);
  const int64_t stride = ceil_div(s.out_channels, kLanes) * kLanes;
  const int64_t taps = s.filter_height * s.filter_width;
  const int64_t size = taps * s.in_channels * stride;
  const float* dy = pad_channels(dy_given, s.batch * s.out_height * s.out_width, s.out_channels, stride);

  // Splits the work over pixels as long as the partial sums stay small, otherwise over taps and channels.
  const int64_t row_floats = s.out_width * (s.in_channels * s.stride_height * s.stride_width + stride);
  const int64_t band_rows = most(1, least(s.out_height, 32768 / row_floats));
  const int64_t bands_per_image = ceil_div(s.out_height, band_rows);
  const int64_t bands = s.batch * bands_per_image;
  const int64_t chunks = most(1, least(least(bands, kWantedTasks), (int64_t{4} << 20) / size));
  const int64_t channel_tiles = ceil_div(s.in_channels, kTileRows);
  const int64_t tiles = taps * channel_tiles;
  const int64_t groups = least(tiles, ceil_div(kWantedTasks, chunks));
  float* partials = scratch(Slot::kPartials, static_cast<size_t>(chunks * size));

  parallel(chunks * groups, [&](int64_t task) {
    const int64_t chunk = task / groups, group = task % groups;
    const int64_t t0 = tiles * group / groups, t1 = tiles * (group + 1) / groups;
    float* sums = partials + chunk * size;
    const auto tile_sums = [&](int64_t tile) {
      return sums + (tile / channel_tiles * s.in_channels + tile % channel_tiles * kTileRows) * stride;
    };
    const auto tile_channels = [&](int64_t tile) {
      return least(kTileRows, s.in_channels - tile % channel_tiles * kTileRows);
    };
    for (int64_t tile = t0; tile < t1; ++tile)
      std::memset(tile_sums(tile), 0, static_cast<size_t>(tile_channels(tile) * stride) * sizeof(float));
    for (int64_t b = bands * chunk / chunks; b < bands * (chunk + 1) / chunks; ++b) {
      const int64_t first_row = b % bands_per_image * band_rows;
      const Band band = {b / bands_per_image, first_row, least(first_row + band_rows, s.out_height)};
      for (int64_t tile = t0; tile < t1; ++tile) {
        const int64_t tap = tile / channel_tiles, ci = tile % channel_tiles * kTileRows;
        add_channels<kTileRows>(tile_channels(tile), s, band, x, dy, stride, tap / s.filter_width, tap % s.filter_width,
                                ci, tile_sums(tile));
      }
    }
  });

  const int64_t filter_rows = taps * s.in_channels, slice = most(1, 16384 / stride);
  parallel(ceil_div(filter_rows, slice), [&](int64_t task) {
    for (int64_t row = task * slice; row < least(filter_rows, (task + 1) * slice); ++row) {
      for (int64_t co = 0; co < s.out_channels; co += kLanes) {
        vf sum = load(partials + row * stride + co);
        for (int64_t chunk = 1; chunk < chunks; ++chunk) sum += load(partials + chunk * size + row * stride + co);
        const int64_t here = s.out_channels - co;
        float* out = dfilter + row * s.out_channels + co;
        if (here >= kLanes) store(out, sum);
        else store_part(out, sum, static_cast<int>(here));
      }
    }
  });
}
