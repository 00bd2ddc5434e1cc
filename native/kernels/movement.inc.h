// Copying and resizing. Included once per instruction set, after elementwise.inc.h.

template <typename Element>
static void copy_elements(const StridedCopy& s, const Element* from, Element* to) {
  const int64_t step_from = s.from[s.rank - 1], step_to = s.to[s.rank - 1];
  const Broadcast rows_of = [&] {
    Broadcast b = {};
    b.rank = s.rank;
    for (int64_t d = 0; d < s.rank; ++d) b.size[d] = s.size[d], b.a[d] = s.from[d], b.b[d] = s.to[d];
    return b;
  }();
  for_rows(rows_of, [&](int64_t at_from, int64_t at_to, int64_t, int64_t count) {
    const Element* in = from + at_from;
    Element* out = to + at_to;
    if (step_from == 1 && step_to == 1) std::memcpy(out, in, static_cast<size_t>(count) * sizeof(Element));
    else for (int64_t i = 0; i < count; ++i) out[i * step_to] = in[i * step_from];
  });
}

static void copy(const StridedCopy& s, int element_bytes, const void* from, void* to) {
  if (element_bytes == 1) copy_elements(s, static_cast<const uint8_t*>(from), static_cast<uint8_t*>(to));
  else if (element_bytes == 2) copy_elements(s, static_cast<const uint16_t*>(from), static_cast<uint16_t*>(to));
  else copy_elements(s, static_cast<const float*>(from), static_cast<float*>(to));
}

// Position that an output index reads: between `low` and `high`, at the fraction `part` of the way.
struct Sample {
  int64_t low, high;
  float part;
};

static inline Sample sample_at(int64_t i, int64_t in, int64_t out, bool align_corners) {
  const float scale = align_corners && out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                                               : static_cast<float>(in) / static_cast<float>(out);
  const float position = static_cast<float>(i) * scale;
  const int64_t low = least(in - 1, static_cast<int64_t>(position));
  return {low, least(in - 1, low + 1), position - static_cast<float>(low)};
}

static void resize_bilinear(const int64_t* shape, int64_t out_height, int64_t out_width, bool align_corners,
                            const float* x, float* y) {
  const int64_t height = shape[1], width = shape[2], channels = shape[3];
  parallel(shape[0] * out_height, [&](int64_t task) {
    const int64_t image = task / out_height;
    const Sample row = sample_at(task % out_height, height, out_height, align_corners);
    const float* upper = x + (image * height + row.low) * width * channels;
    const float* lower = x + (image * height + row.high) * width * channels;
    float* out = y + task * out_width * channels;
    for (int64_t j = 0; j < out_width; ++j, out += channels) {
      const Sample column = sample_at(j, width, out_width, align_corners);
      const int64_t left = column.low * channels, right = column.high * channels;
      for (int64_t c = 0; c < channels; ++c) {
        const float top = upper[left + c] + (upper[right + c] - upper[left + c]) * column.part;
        const float bottom = lower[left + c] + (lower[right + c] - lower[left + c]) * column.part;
        out[c] = top + (bottom - top) * row.part;
      }
    }
  });
}

static void resize_bilinear_gradient(const int64_t* shape, int64_t out_height, int64_t out_width, bool align_corners,
                                     const float* dy, float* dx) {
  const int64_t height = shape[1], width = shape[2], channels = shape[3];
  parallel(shape[0], [&](int64_t image) {
    float* to = dx + image * height * width * channels;
    std::memset(to, 0, static_cast<size_t>(height * width * channels) * sizeof(float));
    for (int64_t i = 0; i < out_height; ++i) {
      const Sample row = sample_at(i, height, out_height, align_corners);
      const float* from = dy + (image * out_height + i) * out_width * channels;
      for (int64_t j = 0; j < out_width; ++j, from += channels) {
        const Sample column = sample_at(j, width, out_width, align_corners);
        const float weights[4] = {(1 - row.part) * (1 - column.part), (1 - row.part) * column.part,
                                  row.part * (1 - column.part), row.part * column.part};
        float* targets[4] = {to + (row.low * width + column.low) * channels, to + (row.low * width + column.high) * channels,
                             to + (row.high * width + column.low) * channels,
                             to + (row.high * width + column.high) * channels};
        for (int k = 0; k < 4; ++k)
          for (int64_t c = 0; c < channels; ++c) targets[k][c] += weights[k] * from[c];
      }
    }
  });
}

template <typename Value>
static void sum_of_blocks(const int64_t* shape, int64_t factor, const Value* dy, Value* dx) {
  const int64_t height = shape[1], width = shape[2], channels = shape[3];
  parallel(shape[0] * height, [&](int64_t row) {
    for (int64_t x = 0; x < width; ++x) {
      for_channels(channels, [&](int64_t c, int lanes) {
        vf sum = {};
        for (int64_t i = 0; i < factor; ++i)
          for (int64_t j = 0; j < factor; ++j)
            sum += load_n(dy + (((row * factor + i) * width + x) * factor + j) * channels + c, lanes);
        store_n(dx + (row * width + x) * channels + c, sum, lanes);
      });
    }
  });
}

static void upsample_gradient(const int64_t* shape, int64_t factor, const Features& from, const Features& to) {
  as_stored(from, [&](auto* dy) { sum_of_blocks(shape, factor, dy, static_cast<decltype(dy)>(to.data)); });
}
