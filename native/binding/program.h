// A recorded sequence of kernel calls. Running it repeats the calls in the same memory, without JavaScript.
#pragma once
#include <cstdint>
#include <vector>

#include "binding/arguments.h"

namespace nvae {

class Program {
 public:
  void add(Kernel kernel, const Arguments& arguments);

  void run() const;

  // Equal for programs with the same kernels, numbers, shapes and lengths of arrays, wherever the arrays are.
  uint64_t fingerprint() const { return fingerprint_; }

 private:
  struct Call {
    Kernel kernel;
    std::vector<Argument> arguments;
  };

  std::vector<Call> calls_;
  uint64_t fingerprint_ = 1469598103934665603u;
};

}  // namespace nvae
