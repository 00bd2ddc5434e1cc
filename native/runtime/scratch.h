// Working memory of the kernels: one grow-only block per slot and calling thread, aligned to 64 bytes. A kernel that runs in
// a task of parallel_for gets the block of the thread it runs on.
#pragma once
#include <cstddef>

namespace nvae {

enum class Slot { kPackedFilter, kPanel, kRows, kPartials, kPadded, kWindow, kCount };

// At least `floats` floats with unknown content, valid until the same thread asks for the same slot again.
float* scratch(Slot slot, size_t floats);

}  // namespace nvae
