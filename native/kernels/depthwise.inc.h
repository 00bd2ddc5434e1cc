// Depthwise convolution: one filter per channel. Included once per instruction set, after math.inc.h.
//
// A task processes one image and a block of kBlock channels. It copies the image rows under the filter, with their zero borders,
// into a ring of rows that stays in L1, and computes kColumns output columns at a time, so that every loaded value of x is used
// for all filter columns. The borders need no special case, and each value of x is read from memory once. The pixels of a
// channel block lie far apart, where the hardware does not prefetch, so the copy prefetches the next row.

constexpr int kColumns = NVAE_VECTOR_BYTES == 64 ? 8 : 4;
constexpr int kBlock = 16;
constexpr int64_t kMostFilterRows = 16;

// Copies n channels and fills the rest of the block with zeros.
template <typename In>
static inline void copy_block(float* out, const In* in, int64_t n) {
  if (n == kBlock) {
#pragma GCC unroll 8
    for (int v = 0; v < kBlock; v += kLanes) store(out + v, load(in + v));
    return;
  }
  copy_values(out, in, n);
  zero_floats(out + n, kBlock - n);
}

template <typename Out>
static inline void store_lanes(Out* p, vf v, int64_t n) {
  if (n >= kLanes) store(p, v);
  else if (n > 0) store_part(p, v, static_cast<int>(n));
}

template <typename In>
static inline vf load_lanes(const In* p, int64_t n) {
  if (n >= kLanes) return load(p);
  return n > 0 ? load_part(p, static_cast<int>(n)) : vf{};
}

// The rows under the filter, for one image and one block of channels.
template <typename In>
struct Window {
  static constexpr int kPixel = kBlock;  // floats from pixel to pixel
  const In* image;  // first channel of the block at pixel (0, 0)
  int64_t height, width, channels;
  int64_t lanes;  // channels in this block
  int64_t filter_height, pad_top, pad_left, padded_width;
  float* ring;
  int64_t next_row;                    // the ring holds the rows below this one
  const float* rows[kMostFilterRows];  // addresses of the rows in the current window

  // Moves the window so that it begins at image row `first`.
  void advance(int64_t first) {
    const int64_t end = first + filter_height;
    for (int64_t row = most(next_row, first); row < end; ++row) copy_row(row, slot(row));
    next_row = most(next_row, end);
    for (int64_t i = 0; i < filter_height; ++i) rows[i] = slot(first + i);
  }

 private:
  float* slot(int64_t row) const { return ring + (row + pad_top) % filter_height * padded_width * kBlock; }

  void copy_row(int64_t row, float* out) const {
    const int64_t inside = row >= 0 && row < height ? width : 0;
    const In* in = image + row * width * channels;
    const int64_t next = row + 1 < height ? width * channels : 0;
    const int64_t left = least(pad_left, padded_width), right = least(padded_width, left + inside);
    std::memset(out, 0, static_cast<size_t>(left * kBlock) * sizeof(float));
    for (int64_t x = left; x < right; ++x, in += channels) {
      for (int line = 0; line < kBlock; line += 16) __builtin_prefetch(in + next + line);
      copy_block(out + x * kBlock, in, lanes);
    }
    std::memset(out + right * kBlock, 0, static_cast<size_t>((padded_width - right) * kBlock) * sizeof(float));
  }
};

template <typename In>
static Window<In> open_window(const ConvShape& s, const In* x, int64_t image, int64_t channel) {
  // The last tile of columns may read past the last window.
  const int64_t width = (ceil_div(s.out_width, kColumns) * kColumns - 1) * s.stride_width + s.filter_width;
  float* ring = scratch(Slot::kWindow, static_cast<size_t>(s.filter_height * width * kBlock));
  return {x + image * s.in_height * s.in_width * s.in_channels + channel, s.in_height, s.in_width, s.in_channels,
          least(kBlock, s.in_channels - channel), s.filter_height, s.pad_top, s.pad_left, width, ring, -s.pad_top, {}};
}

// Adds one filter row to kColumns outputs. KW is the filter width if it is known at compile time (with stride 1), otherwise 0. Pixels of
// x, and taps of the filter, are Pixel floats apart.
template <int KW, int Pixel>
static inline void add_filter_row(const float* x, const float* filter, int64_t filter_width, int64_t stride, vf* sum) {
  if constexpr (KW > 0) {
    vf in[kColumns + KW - 1];
#pragma GCC unroll 16
    for (int i = 0; i < kColumns + KW - 1; ++i) in[i] = load(x + i * Pixel);
#pragma GCC unroll 8
    for (int k = 0; k < KW; ++k) {
      const vf f = load(filter + k * Pixel);
#pragma GCC unroll 8
      for (int t = 0; t < kColumns; ++t) sum[t] += in[t + k] * f;
    }
  } else {
    for (int64_t k = 0; k < filter_width; ++k) {
      const vf f = load(filter + k * Pixel);
#pragma GCC unroll 8
      for (int t = 0; t < kColumns; ++t) sum[t] += load(x + (t * stride + k) * Pixel) * f;
    }
  }
}

// shift: values of this block, or null. Rows is a Window, or has its members `rows`, `lanes`, `advance` and `kPixel`.
template <int KW, typename Rows, typename Out>
static void depthwise_rows(const ConvShape& s, Rows& window, const float* filter, const float* shift, bool silu, Out* y) {
  constexpr int kPixel = Rows::kPixel;
  for (int64_t row = 0; row < s.out_height; ++row) {
    window.advance(row * s.stride_height - s.pad_top);
    for (int64_t column = 0; column < s.out_width; column += kColumns) {
      const int64_t count = least(kColumns, s.out_width - column);
      Out* out = y + (row * s.out_width + column) * s.out_channels;
      for (int v = 0; v < window.lanes; v += kLanes) {
        vf sum[kColumns];
#pragma GCC unroll 8
        for (int t = 0; t < kColumns; ++t) sum[t] = shift ? load(shift + v) : vf{};
        for (int64_t ky = 0; ky < s.filter_height; ++ky) {
          add_filter_row<KW, kPixel>(window.rows[ky] + column * s.stride_width * kPixel + v,
                                     filter + ky * s.filter_width * kPixel + v, s.filter_width, s.stride_width, sum);
        }
        if (silu) {
#pragma GCC unroll 8
          for (int t = 0; t < kColumns; ++t) sum[t] *= sigmoid(sum[t]);
        }
        if (count == kColumns && window.lanes - v >= kLanes) {
#pragma GCC unroll 8
          for (int t = 0; t < kColumns; ++t) store(out + t * s.out_channels + v, sum[t]);
        } else {
          for (int64_t t = 0; t < count; ++t) store_lanes(out + t * s.out_channels + v, sum[t], window.lanes - v);
        }
      }
    }
  }
}

template <typename Rows, typename Out>
static void depthwise_image(const ConvShape& s, Rows& window, const float* filter, const float* shift, bool silu, Out* y) {
  if (s.filter_width == 5 && s.stride_width == 1) depthwise_rows<5>(s, window, filter, shift, silu, y);
  else if (s.filter_width == 3 && s.stride_width == 1) depthwise_rows<3>(s, window, filter, shift, silu, y);
  else depthwise_rows<0>(s, window, filter, shift, silu, y);
}

// filter_at(tap, channel) returns the address of that weight; the input gradient reads the filter in reverse.
template <typename In, typename Out, typename FilterAt>
static void depthwise_with(const ConvShape& s, const In* x, Out* y, const FilterAt& filter_at) {
  const int64_t blocks = ceil_div(s.in_channels, kBlock), taps = s.filter_height * s.filter_width;
  parallel(s.batch * blocks, [&](int64_t task) {
    const int64_t image = task / blocks, channel = task % blocks * kBlock;
    Window<In> window = open_window(s, x, image, channel);
    float* filter = scratch(Slot::kRows, static_cast<size_t>(taps * kBlock));
    for (int64_t tap = 0; tap < taps; ++tap) copy_block(filter + tap * kBlock, filter_at(tap, channel), window.lanes);
    Out* out = y + image * s.out_height * s.out_width * s.out_channels + channel;
    depthwise_image(s, window, filter, nullptr, false, out);
  });
}

static void depthwise(const ConvShape& s, const Features& from, const float* filter, const Features& to) {
  const auto filter_at = [&](int64_t tap, int64_t channel) { return filter + tap * s.in_channels + channel; };
  as_stored(from, [&](const auto* x) {
    as_stored(to, [&](auto* y) { depthwise_with(s, x, y, filter_at); });
  });
}

// Handles any stride. The model uses only stride 1, which is handled elsewhere.
template <typename In, typename Out>
static void strided_input_gradient(const ConvShape& s, const In* dy, const float* filter, Out* dx) {
  const int64_t blocks = ceil_div(s.in_channels, kLanes);
  parallel(s.batch * blocks, [&](int64_t task) {
    const int64_t image = task / blocks, channel = task % blocks * kLanes, lanes = s.in_channels - channel;
    Out* to = dx + image * s.in_height * s.in_width * s.in_channels + channel;
    const In* from = dy + image * s.out_height * s.out_width * s.in_channels + channel;
    for (int64_t pixel = 0; pixel < s.in_height * s.in_width; ++pixel) {
      vf sum = {};
      for (int64_t tap = 0; tap < s.filter_height * s.filter_width; ++tap) {
        const int64_t y = pixel / s.in_width + s.pad_top - tap / s.filter_width;
        const int64_t x = pixel % s.in_width + s.pad_left - tap % s.filter_width;
        if (y < 0 || y % s.stride_height != 0 || y / s.stride_height >= s.out_height) continue;
        if (x < 0 || x % s.stride_width != 0 || x / s.stride_width >= s.out_width) continue;
        sum += load_lanes(from + (y / s.stride_height * s.out_width + x / s.stride_width) * s.in_channels, lanes) *
               load_lanes(filter + tap * s.in_channels + channel, lanes);
      }
      store_lanes(to + pixel * s.in_channels, sum, lanes);
    }
  });
}

template <typename In, typename Out>
static void depthwise_input_gradient_from(const ConvShape& s, const In* dy, const float* filter, Out* dx) {
  if (s.stride_height != 1 || s.stride_width != 1) return strided_input_gradient(s, dy, filter, dx);
  // With stride 1, the gradient is a depthwise convolution of dy with the filter rotated by 180 degrees.
  const ConvShape turned = {s.batch, s.out_height, s.out_width, s.in_channels, s.in_height, s.in_width, s.in_channels,
                            s.filter_height, s.filter_width, 1, 1,
                            s.filter_height - 1 - s.pad_top, s.filter_width - 1 - s.pad_left};
  const int64_t taps = s.filter_height * s.filter_width;
  depthwise_with(turned, dy, dx, [&](int64_t tap, int64_t channel) {
    return filter + (taps - 1 - tap) * s.in_channels + channel;
  });
}

static void depthwise_input_gradient(const ConvShape& s, const Features& from, const float* filter, const Features& to) {
  as_stored(from, [&](const auto* dy) {
    as_stored(to, [&](auto* dx) { depthwise_input_gradient_from(s, dy, filter, dx); });
  });
}

// Adds the products of kColumns columns of dy with one row of x to the sums of one filter row.
template <int KW>
static inline void add_row_gradient(const float* x, const vf* d, int64_t filter_width, int64_t stride, float* sums) {
  if constexpr (KW > 0) {
    vf in[kColumns + KW - 1];
#pragma GCC unroll 16
    for (int i = 0; i < kColumns + KW - 1; ++i) in[i] = load(x + i * kBlock);
#pragma GCC unroll 8
    for (int k = 0; k < KW; ++k) {
      vf sum = load(sums + k * kBlock);
#pragma GCC unroll 8
      for (int t = 0; t < kColumns; ++t) sum += in[t + k] * d[t];
      store(sums + k * kBlock, sum);
    }
  } else {
    for (int64_t k = 0; k < filter_width; ++k) {
      vf sum = load(sums + k * kBlock);
      for (int t = 0; t < kColumns; ++t) sum += load(x + (t * stride + k) * kBlock) * d[t];
      store(sums + k * kBlock, sum);
    }
  }
}

template <int KW, typename In, typename Gradient>
static void depthwise_gradient_rows(const ConvShape& s, Window<In>& window, const Gradient* dy, float* sums) {
  const int64_t row_values = s.out_width * s.in_channels;
  for (int64_t row = 0; row < s.out_height; ++row) {
    window.advance(row * s.stride_height - s.pad_top);
    const int64_t next = row + 1 < s.out_height ? row_values : 0;
    for (int64_t column = 0; column < s.out_width; column += kColumns) {
      const int64_t count = least(kColumns, s.out_width - column);
      const Gradient* from = dy + row * row_values + column * s.in_channels;
      for (int64_t t = 0; t < count; ++t)
        for (int line = 0; line < kBlock; line += 16) __builtin_prefetch(from + next + t * s.in_channels + line);
      for (int v = 0; v < window.lanes; v += kLanes) {
        const int64_t lanes = window.lanes - v;
        vf d[kColumns];
#pragma GCC unroll 8
        for (int t = 0; t < kColumns; ++t) d[t] = t < count ? load_lanes(from + t * s.in_channels + v, lanes) : vf{};
        for (int64_t ky = 0; ky < s.filter_height; ++ky) {
          add_row_gradient<KW>(window.rows[ky] + column * s.stride_width * kBlock + v, d, s.filter_width,
                               s.stride_width, sums + ky * s.filter_width * kBlock + v);
        }
      }
    }
  }
}

template <typename In, typename Gradient>
static void depthwise_filter_gradient_from(const ConvShape& s, const In* x, const Gradient* dy, float* dfilter) {
  const int64_t blocks = ceil_div(s.in_channels, kBlock), taps = s.filter_height * s.filter_width;
  // One sum per image, added in order: accurate, and independent of which thread computed which sum.
  float* partials = scratch(Slot::kPartials, static_cast<size_t>(s.batch * blocks * taps * kBlock));
  parallel(s.batch * blocks, [&](int64_t task) {
    const int64_t image = task / blocks, channel = task % blocks * kBlock;
    float* sums = partials + task * taps * kBlock;
    std::memset(sums, 0, static_cast<size_t>(taps * kBlock) * sizeof(float));
    Window<In> window = open_window(s, x, image, channel);
    const Gradient* from = dy + image * s.out_height * s.out_width * s.in_channels + channel;
    if (s.filter_width == 5 && s.stride_width == 1) depthwise_gradient_rows<5>(s, window, from, sums);
    else if (s.filter_width == 3 && s.stride_width == 1) depthwise_gradient_rows<3>(s, window, from, sums);
    else depthwise_gradient_rows<0>(s, window, from, sums);
  });
  for (int64_t tap = 0; tap < taps; ++tap) {
    for (int64_t channel = 0; channel < s.in_channels; channel += kLanes) {
      const float* sums = partials + (channel / kBlock * taps + tap) * kBlock + channel % kBlock;
      vf sum = {};
      for (int64_t image = 0; image < s.batch; ++image) sum += load(sums + image * blocks * taps * kBlock);
      store_lanes(dfilter + tap * s.in_channels + channel, sum, s.in_channels - channel);
    }
  }
}

static void depthwise_filter_gradient(const ConvShape& s, const Features& from, const Features& gradient, float* dfilter) {
  as_stored(from, [&](const auto* x) {
    as_stored(gradient, [&](const auto* dy) { depthwise_filter_gradient_from(s, x, dy, dfilter); });
  });
}
