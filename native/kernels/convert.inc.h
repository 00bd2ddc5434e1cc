// Converts features from one kind of storage to another. Included once per instruction set, after half.inc.h and elementwise.inc.h.

static void convert(const Features& from, const Features& to, int64_t n) {
  as_stored(from, [&](const auto* x) {
    as_stored(to, [&](auto* y) {
      parallel(ceil_div(n, kTaskElements), [&](int64_t task) {
        const int64_t first = task * kTaskElements;
        copy_values(y + first, x + first, least(n - first, kTaskElements));
      });
    });
  });
}
