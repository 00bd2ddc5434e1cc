// Matrix products and convolutions.
#pragma once
#include <cstdint>

namespace nvae {

struct MatrixTable {
  // Floating-point operations per second of one thread that only multiplies and adds in registers.
  double (*peak_fma)(double seconds);
};

}  // namespace nvae
