// The functions that exist once per instruction set. The *.inc.h files in this folder contain the source of the kernels, and
// native/isa/*.cc compiles it for each instruction set; the addon selects one table of pointers at start.
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

// The table in use: the best for this processor, or the one selected by setSimd.
const KernelTables& kernels();

}  // namespace nvae
