// Converts tensors to bfloat16 and back. Included once per instruction set, after half.inc.h and elementwise.inc.h.

static void to_bfloat16(const float* x, uint16_t* y, int64_t n) {
  parallel(ceil_div(n, kTaskElements), [&](int64_t task) {
    const int64_t end = least(n, (task + 1) * kTaskElements);
    int64_t i = task * kTaskElements;
    for (; i + kLanes <= end; i += kLanes) {
      const vh half = round_to_bfloat16(load(x + i));
      std::memcpy(y + i, &half, sizeof half);
    }
    if (i == end) return;
    const vh half = round_to_bfloat16(load_part(x + i, static_cast<int>(end - i)));
    std::memcpy(y + i, &half, static_cast<size_t>(end - i) * sizeof(uint16_t));
  });
}

static void from_bfloat16(const uint16_t* x, float* y, int64_t n) {
  parallel(ceil_div(n, kTaskElements), [&](int64_t task) {
    const int64_t end = least(n, (task + 1) * kTaskElements);
    int64_t i = task * kTaskElements;
    vh half = {};
    for (; i + kLanes <= end; i += kLanes) {
      std::memcpy(&half, x + i, sizeof half);
      store(y + i, expand_bfloat16(half));
    }
    if (i == end) return;
    std::memcpy(&half, x + i, static_cast<size_t>(end - i) * sizeof(uint16_t));
    store_part(y + i, expand_bfloat16(half), static_cast<int>(end - i));
  });
}
