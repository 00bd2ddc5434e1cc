// Element-wise, broadcasting, reduction and data-movement kernels.
#pragma once
#include <cstdint>

namespace nvae {

struct TensorTable {
  // y = x * sigmoid(x), n elements.
  void (*silu)(const float* x, float* y, int64_t n);
};

}  // namespace nvae
