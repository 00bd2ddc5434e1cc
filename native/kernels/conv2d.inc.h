// Convolution as an implicit matrix product. Included once per instruction set, after gemm.inc.h and
// filter_gradient.inc.h.
//
// Forward: a row of A holds the pixels under the filter at one output pixel. Nothing is transposed: whole runs of
// filter_width * channels are copied, with zeros at the borders.
// Input gradient: the input pixels with the same remainder modulo the stride form a grid on which the gradient is an ordinary
// convolution of dy with every stride-th tap of the flipped filter. With stride 1 there is one such grid.
// Filter gradient: see filter_gradient.inc.h.

// The images of a 1x1 convolution are one long row of pixels.
static ConvShape in_one_row(ConvShape s) {
  if (!is_pointwise(s)) return s;
  s.in_width = s.out_width = s.batch * s.in_height * s.in_width;
  s.batch = s.in_height = s.out_height = 1;
  return s;
}

// A grid of pixels, with a window over an image and a place for the result for each pixel.
template <typename In, typename Out>
struct WindowGrid {
  const In* image;
  int64_t height, width, channels;           // of the image
  int64_t taps_height, taps_width;           // of the window
  int64_t rows, columns;                     // of the grid, per image
  int64_t origin_height, origin_width;       // image position of the window of grid pixel (0, 0)
  int64_t step_height, step_width;           // from window to window
  Out* out;
  int64_t out_height, out_width, out_channels;
  int64_t out_first_height, out_first_width, out_step_height, out_step_width;
};

// Consecutive pixels of a grid: their windows are rows of A, their results are rows of C.
template <typename In, typename Out>
class GridRows {
 public:
  GridRows(const WindowGrid<In, Out>& grid, int64_t first, int64_t count) : g_(grid) {
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

  Out* out(int64_t i) const { return pixels_[i].out; }

  // Copies columns k0..k1 of row i of A: whole runs of taps_width * channels, zeros where the window leaves the image.
  template <typename To>
  void fill(int64_t i, int64_t k0, int64_t k1, To* to) const {
    const Pixel& pixel = pixels_[i];
    const int64_t run = g_.taps_width * g_.channels;
    // The part of a run that is inside the image.
    const int64_t first = most(0, -pixel.left) * g_.channels, last = (g_.width - pixel.left) * g_.channels;
    int64_t tap_row = k0 / run, begin = k0 - tap_row * run;
    for (int64_t k = k0; k < k1; ++tap_row, begin = 0) {
      const int64_t end = least(run, begin + k1 - k), y = pixel.top + tap_row;
      int64_t inside = most(begin, first), outside = least(end, last);
      if (y < 0 || y >= g_.height || inside >= outside) inside = outside = end;
      const In* source = pixel.image + (y * g_.width + pixel.left) * g_.channels;
      if (inside > begin) zero_values(to, inside - begin);
      if (outside > inside) copy_values(to + inside - begin, source + inside, outside - inside);
      if (end > outside) zero_values(to + outside - begin, end - outside);
      to += end - begin;
      k += end - begin;
    }
  }

 private:
  struct Pixel {
    const In* image;
    int64_t top, left;
    Out* out;
  };

  Out* out_address(int64_t image, int64_t row, int64_t column) const {
    const int64_t y = g_.out_first_height + row * g_.out_step_height;
    const int64_t x = g_.out_first_width + column * g_.out_step_width;
    return g_.out + ((image * g_.out_height + y) * g_.out_width + x) * g_.out_channels;
  }

  const WindowGrid<In, Out>& g_;
  Pixel pixels_[kBlockRows];
};

// The filter as B: the k-th value under the window for the n-th output channel.
template <typename Format, typename In, typename Out, typename Filter>
static void convolve(const WindowGrid<In, Out>& g, int64_t batch, const Filter& filter, const float* shift, bool silu) {
  multiply<Format>(batch * g.rows * g.columns, g.out_channels, g.taps_height * g.taps_width * g.channels, filter, shift,
                   silu, [&](int64_t first, int64_t count) { return GridRows<In, Out>(g, first, count); });
}

template <typename Format, typename In, typename Out>
static void conv2d_in(const ConvShape& s, const In* x, const float* filter, const Epilogue& e, Out* y) {
  const WindowGrid<In, Out> grid = {x, s.in_height, s.in_width, s.in_channels, s.filter_height, s.filter_width,
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
  vf row(int64_t k, int64_t n, int lanes) const {
    return gather(lanes, [&](int i) { return *address(k, n + i); });
  }
  const float* run(int64_t k, int64_t n, int64_t count) const {
    return k % s.out_channels + count <= s.out_channels ? address(k, n) : nullptr;
  }
};

template <typename Format, typename In, typename Out>
static void conv2d_input_gradient_in(const ConvShape& s, const In* dy, const float* filter, Out* dx) {
  // Pixels that no tap of their grid reaches get no gradient.
  if (s.filter_height < s.stride_height || s.filter_width < s.stride_width) {
    zero_values(dx, s.batch * s.in_height * s.in_width * s.in_channels);
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
      const WindowGrid<In, Out> grid = {dy, s.out_height, s.out_width, s.out_channels, taps_y, taps_x, rows, columns,
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

static void conv2d(const ConvShape& s, const Features& from, const float* filter, const Epilogue& epilogue, const Features& to) {
  as_stored(from, [&](const auto* x) {
    as_stored(to, [&](auto* y) {
      if (takes_winograd(s)) return winograd<false>(s, x, filter, epilogue, y);
#ifdef NVAE_HALF_PRODUCTS
      if (s.half) return conv2d_in<Half>(s, x, filter, epilogue, y);
#endif
      conv2d_in<Single>(s, x, filter, epilogue, y);
    });
  });
}

static void conv2d_input_gradient(const ConvShape& s, const Features& from, const float* filter, const Features& to) {
  as_stored(from, [&](const auto* dy) {
    as_stored(to, [&](auto* dx) {
      if (takes_winograd(s)) return winograd<true>(s, dy, filter, {}, dx);
#ifdef NVAE_HALF_PRODUCTS
      if (s.half) return conv2d_input_gradient_in<Half>(s, dy, filter, dx);
#endif
      conv2d_input_gradient_in<Single>(s, dy, filter, dx);
    });
  });
}

static void conv2d_filter_gradient(const ConvShape& s, const Features& from, const Features& gradient, float* dfilter) {
  as_stored(from, [&](const auto* x) {
    as_stored(gradient, [&](const auto* dy) {
      if (takes_winograd(s)) return winograd_filter_gradient(s, x, dy, dfilter);
      direct_filter_gradient(in_one_row(s), x, dy, dfilter);
    });
  });
}
