// The middle of a decoder cell in eval mode: see ExpansionShape. Included once per instruction set, after elementwise.inc.h,
// winograd.inc.h and depthwise.inc.h.
//
// The hidden channels are six times as many as those of x; written to memory, they would be most of what a cell reads and writes. So a
// task takes a piece of the images that is small enough for L2 and goes through the hidden channels: a panel of them is
// expanded into a window with a border of zeros, filtered, and after kSliceDepth cells multiplied into the sums of the result.
// Rows above and below a piece are expanded for both neighbours.
// With few pieces, a task takes a part of the hidden channels; then the sums of the parts are added in order.

constexpr int64_t kPieceFloats = int64_t{160} << 10;

// How the work is divided, by the shape alone.
struct ExpansionPieces {
  int64_t images, rows;  // of a piece; several images only with all of their rows
  int64_t per_image, count, parts;

  // slices: of the hidden channels
  ExpansionPieces(const ExpansionShape& s, int64_t slices) {
    const int64_t height = s.height * s.repeats, columns = s.width * s.repeats;
    // Of x, the window, the filtered channels and the sums.
    const int64_t pixel = s.in_channels / (s.repeats * s.repeats) + 2 * kPanelColumns + kSliceStride + s.out_channels;
    const int64_t stripes = ceil_div(height * columns * pixel, kPieceFloats);
    rows = ceil_div(height, stripes);
    per_image = ceil_div(height, rows);
    const int64_t groups = ceil_div(s.batch, most(1, kPieceFloats / (height * columns * pixel)));
    images = per_image > 1 ? 1 : ceil_div(s.batch, groups);
    count = ceil_div(s.batch, images) * per_image;
    parts = least(slices, ceil_div(kWantedTasks, count));
  }
};

// The rows of a window that is in memory as a whole, in the form of `Window`.
struct WholeWindow {
  static constexpr int kPixel = kPanelColumns;
  const float* first;  // the row that `advance` calls `origin`
  int64_t origin, row_floats, filter_height, lanes;
  const float* rows[kMostFilterRows];

  void advance(int64_t row) {
    for (int64_t i = 0; i < filter_height; ++i) rows[i] = first + (row + i - origin) * row_floats;
  }
};

// What one task does.
template <typename Format>
class Expansion {
  using Value = typename Format::Value;

 public:
  static constexpr int64_t kSlice = kSliceDepth * Format::kPerCell;  // channels

  Expansion(const ExpansionShape& s, const ExpansionWeights& w, const float* expand, const float* reduce,
            const ExpansionPieces& pieces, int64_t piece)
      : s_(s), w_(w), expand_(expand), reduce_(reduce), pad_(s.filter / 2), columns_(s.width * s.repeats),
        slices_(ceil_div(s.in_channels, kSlice)) {
    const int64_t height = s.height * s.repeats;
    first_image_ = piece / pieces.per_image * pieces.images;
    images_ = least(pieces.images, s.batch - first_image_);
    first_row_ = piece % pieces.per_image * pieces.rows;
    rows_ = least(pieces.rows, height - first_row_);
    // Whole rows of x, also where `repeats` of the window are not under the filter.
    const int64_t top = first_row_ - pad_, bottom = first_row_ + rows_ + pad_;
    origin_ = top - (top % s.repeats + s.repeats) % s.repeats;
    first_in_ = most(0, origin_ / s.repeats);
    last_in_ = least(s.height, ceil_div(bottom, s.repeats));
    window_rows_ = ceil_div(bottom - origin_, s.repeats) * s.repeats;
    row_floats_ = (ceil_div(columns_, kColumns) * kColumns - 1 + s.filter) * kPanelColumns;
    pixels_in_ = images_ * (last_in_ - first_in_) * s.width;
    pixels_ = images_ * rows_ * columns_;
  }

  // Adds up the hidden channels first..last; `sums` has a row for each pixel of the whole result. Only the first part has the shift.
  template <typename In>
  void run(const In* x, int64_t first, int64_t last, bool has_shift, float* sums) {
    float* result = sums + (first_image_ * s_.height * s_.repeats + first_row_) * columns_ * s_.out_channels;
    const int64_t window_floats = images_ * window_rows_ * row_floats_;
    window_ = scratch(Slot::kWindow, static_cast<size_t>(window_floats + pixels_ * kSliceStride));
    filtered_ = window_ + window_floats;
    zero_floats(window_, window_floats);
    normalize_rows(x);
    find_places();
    for (int64_t slice = first; slice < last; slice += kSlice) {
      const int64_t end = least(last, slice + kSlice);
      for (int64_t channel = slice; channel < end; channel += kPanelColumns) {
        const int64_t lanes = least(kPanelColumns, end - channel);
        expand(channel, lanes);
        filter(channel, lanes, row_of(filtered_, 0) + channel - slice);
      }
      multiply_into(result, slice, end - slice, has_shift && slice == first, slice > first);
    }
  }

 private:
  static int64_t cells(int64_t channels) { return ceil_div(channels, Format::kPerCell); }

  // A row of cells.
  static Value* row_of(float* rows, int64_t row) { return reinterpret_cast<Value*>(rows + row * kSliceStride); }

  // The rest of the last cell.
  static void end_row(Value* row, int64_t channels) {
    if (channels % Format::kPerCell) zero_values(row + channels, 1);
  }

  // x in slices of channels, after the norm.
  template <typename In>
  void normalize_rows(const In* x) {
    x_ = scratch(Slot::kRows, static_cast<size_t>(slices_ * pixels_in_ * kSliceStride));
    const int64_t rows = last_in_ - first_in_;
    for (int64_t i = 0; i < images_ * rows; ++i) {
      const int64_t row = (first_image_ + i / rows) * s_.height + first_in_ + i % rows;
      for (int64_t column = 0; column < s_.width; ++column) {
        const In* from = x + (row * s_.width + column) * s_.in_channels;
        for (int64_t slice = 0; slice < slices_; ++slice) {
          const int64_t first = slice * kSlice, count = least(kSlice, s_.in_channels - first);
          Value* to = row_of(x_, slice * pixels_in_ + i * s_.width + column);
          for_channels(count, [&](int64_t c, int lanes) {
            const vf scale = load_n(w_.before.scale + first + c, lanes), shift = load_n(w_.before.shift + first + c, lanes);
            store_n(to + c, load_n(from + first + c, lanes) * scale + shift, lanes);
          });
          end_row(to, count);
        }
      }
    }
  }

  // Where the pixels of x are in the window.
  void find_places() {
    const size_t bytes = static_cast<size_t>(pixels_in_) * sizeof(float*);
    places_ = reinterpret_cast<float**>(scratch(Slot::kPanel, bytes / sizeof(float) + (s_.filter * s_.filter + 2) * kPanelColumns));
    const int64_t rows = last_in_ - first_in_;
    for (int64_t i = 0; i < pixels_in_; ++i) {
      const int64_t image = i / s_.width / rows, row = (first_in_ + i / s_.width % rows) * s_.repeats - origin_;
      places_[i] = window_ + (image * window_rows_ + row) * row_floats_ + (i % s_.width * s_.repeats + pad_) * kPanelColumns;
    }
  }

  // Fills the inside of the window with a panel of hidden channels.
  void expand(int64_t channel, int64_t lanes) {
    const float* panel = expand_ + channel * cells(s_.in_channels);
    const int64_t tiles = ceil_div(pixels_in_, kTileRows);
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t first = pixels_in_ * tile / tiles, count = pixels_in_ * (tile + 1) / tiles - first;
      for (int64_t slice = 0; slice < slices_; ++slice) {
        multiply_rows<Format, kTileRows, kSliceStride>(
            count, x_ + (slice * pixels_in_ + first) * kSliceStride, panel + slice * kSliceDepth * kPanelColumns,
            cells(least(kSlice, s_.in_channels - slice * kSlice)), places_ + first, static_cast<int>(lanes),
            w_.expanded.shift + channel, slice > 0);
      }
      for (int64_t i = first; i < first + count; ++i) activate(places_[i], lanes);
    }
  }

  // Applies SiLU to a pixel of the window, and repeats it.
  void activate(float* pixel, int64_t channels) const {
    for_channels(channels, [&](int64_t c, int lanes) {
      const vf sum = load_n(pixel + c, lanes), value = sum * sigmoid(sum);
      for (int64_t y = 0; y < s_.repeats; ++y)
        for (int64_t x = 0; x < s_.repeats; ++x) store_n(pixel + y * row_floats_ + x * kPanelColumns + c, value, lanes);
    });
  }

  void filter(int64_t channel, int64_t lanes, Value* out) {
    const int64_t taps = s_.filter * s_.filter;
    float* filter = reinterpret_cast<float*>(places_ + pixels_in_);
    float* shift = filter + taps * kPanelColumns;
    zero_floats(filter, (taps + 1) * kPanelColumns);
    for_channels(lanes, [&](int64_t c, int count) {
      const vf scale = load_n(w_.filtered.scale + channel + c, count);
      for (int64_t tap = 0; tap < taps; ++tap)
        store_n(filter + tap * kPanelColumns + c, load_n(w_.spatial + tap * s_.hidden + channel + c, count) * scale, count);
      store_n(shift + c, load_n(w_.filtered.shift + channel + c, count), count);
    });
    constexpr int64_t row_values = kSliceStride * Format::kPerCell;
    ConvShape shape = {};
    shape.out_height = rows_, shape.out_width = columns_, shape.out_channels = row_values;
    shape.filter_height = shape.filter_width = s_.filter;
    shape.stride_height = shape.stride_width = 1;
    for (int64_t image = 0; image < images_; ++image) {
      WholeWindow window = {window_ + image * window_rows_ * row_floats_, origin_ - first_row_ + pad_, row_floats_, s_.filter, lanes, {}};
      depthwise_image(shape, window, filter, shift, true, out + image * rows_ * columns_ * row_values);
    }
  }

  // Multiplies the filtered channels with their rows of the last filter.
  void multiply_into(float* result, int64_t channel, int64_t depth, bool has_shift, bool add) {
    for (int64_t i = 0; i < pixels_; ++i) end_row(row_of(filtered_, i), depth);
    const int64_t tiles = ceil_div(pixels_, kTileRows);
    for (int64_t n = 0; n < s_.out_channels; n += kPanelColumns) {
      const int columns = static_cast<int>(least(kPanelColumns, s_.out_channels - n));
      const float* panel = reduce_ + n * cells(s_.hidden) + cells(channel) * kPanelColumns;
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t first = pixels_ * tile / tiles, count = pixels_ * (tile + 1) / tiles - first;
        float* rows[kTileRows];
        for (int64_t i = 0; i < count; ++i) rows[i] = result + (first + i) * s_.out_channels + n;
        multiply_rows<Format, kTileRows, kSliceStride>(count, filtered_ + first * kSliceStride, panel, cells(depth), rows, columns,
                                                       has_shift ? w_.reduced.shift + n : nullptr, add);
      }
    }
  }

  const ExpansionShape& s_;
  const ExpansionWeights& w_;
  const float *expand_, *reduce_;  // packed
  const int64_t pad_, columns_, slices_;
  int64_t first_image_, images_, first_row_, rows_;
  int64_t first_in_, last_in_;  // rows of x
  int64_t origin_;              // row of the result above which the window begins
  int64_t window_rows_, row_floats_, pixels_in_, pixels_;
  float *x_, *window_, *filtered_;
  float** places_;
};

template <typename Format, typename In>
static void expansion_in(const ExpansionShape& s, const In* x, const ExpansionWeights& w, float* y) {
  constexpr int64_t kSlice = Expansion<Format>::kSlice;
  const int64_t slices = ceil_div(s.hidden, kSlice);
  const ExpansionPieces pieces(s, slices);
  const float* expand = pack_panels<Format>(s.in_channels, s.hidden, ScaledColumns{w.expand, s.hidden, w.expanded.scale});
  const float* reduce =
      pack_panels<Format>(s.hidden, s.out_channels, ScaledColumns{w.reduce, s.out_channels, w.reduced.scale}, Slot::kSpread);
  const int64_t size = s.batch * s.height * s.width * s.repeats * s.repeats * s.out_channels;
  float* others = pieces.parts > 1 ? scratch(Slot::kPartials, static_cast<size_t>((pieces.parts - 1) * size)) : nullptr;
  parallel(pieces.count * pieces.parts, [&](int64_t task) {
    const int64_t part = task % pieces.parts;
    const int64_t first = slices * part / pieces.parts * kSlice;
    const int64_t last = least(s.hidden, slices * (part + 1) / pieces.parts * kSlice);
    Expansion<Format>(s, w, expand, reduce, pieces, task / pieces.parts)
        .run(x, first, last, part == 0, part == 0 ? y : others + (part - 1) * size);
  });
  if (pieces.parts == 1) return;
  parallel(ceil_div(size, kTaskElements), [&](int64_t task) {
    const int64_t first = task * kTaskElements;
    for_channels(least(kTaskElements, size - first), [&](int64_t i, int lanes) {
      vf sum = load_n(y + first + i, lanes);
      for (int64_t part = 1; part < pieces.parts; ++part) sum += load_n(others + (part - 1) * size + first + i, lanes);
      store_n(y + first + i, sum, lanes);
    });
  });
}

static void expansion(const ExpansionShape& s, const Features& features, const ExpansionWeights& w, float* y) {
  as_stored(features, [&](const auto* x) {
#ifdef NVAE_HALF_PRODUCTS
    if (s.half) return expansion_in<Half>(s, x, w, y);
#endif
    expansion_in<Single>(s, x, w, y);
  });
}
