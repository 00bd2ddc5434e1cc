#include "runtime/scratch.h"

#include <cstdio>
#include <cstdlib>
#include <new>

namespace nvae {
namespace {

constexpr std::align_val_t kPage{4096};

void release(float* block) { ::operator delete(block, kPage); }

struct Blocks {
  float* memory[static_cast<int>(Slot::kCount)] = {};
  size_t size[static_cast<int>(Slot::kCount)] = {};
  ~Blocks() {
    for (float* block : memory) release(block);
  }
};

thread_local Blocks blocks;

}  // namespace

float* scratch(Slot slot, size_t floats) {
  const int i = static_cast<int>(slot);
  if (blocks.size[i] < floats) {
    release(blocks.memory[i]);
    const size_t bytes = (floats * sizeof(float) + 4095) / 4096 * 4096;
    blocks.memory[i] = static_cast<float*>(::operator new(bytes, kPage, std::nothrow));
    if (!blocks.memory[i]) {
      std::fprintf(stderr, "rx-nvae: out of memory: %zu bytes of working memory\n", bytes);
      std::abort();
    }
    blocks.size[i] = bytes / sizeof(float);
  }
  return blocks.memory[i];
}

}  // namespace nvae
