// Working memory of the kernels: one block per slot and calling thread, aligned to 64 bytes, which only grows. A kernel that runs
// in a task of parallel_for gets the block of its thread.
#pragma once
#include <cstddef>

namespace nvae {

enum class Slot { kPackedFilter, kPanel, kRows, kPartials, kWindow, kSpread, kSums, kCount };

// Returns at least `floats` floats with unknown content, valid until the same thread requests the same slot again.
float* scratch(Slot slot, size_t floats);

}  // namespace nvae
