// The functions that exist once per instruction set. Kernels are written once, in the *.inc.h files beside this one, and
// compiled by native/isa/*.cc for each instruction set; the addon picks one table of pointers at start.
#pragma once
#include "kernels/matrix_table.h"
#include "kernels/tensor_table.h"

namespace nvae {

struct KernelTables {
  const char* name;  // "avx512", "avx2", "portable"
  MatrixTable matrix;
  TensorTable tensor;
};

extern const KernelTables kernels_portable;
extern const KernelTables kernels_avx2;
extern const KernelTables kernels_avx512;

// The table in use: the best for this processor, or the one that setSimd has chosen.
const KernelTables& kernels();

}  // namespace nvae
