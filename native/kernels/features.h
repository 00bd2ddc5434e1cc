// Features of images, or their gradients. Kernels compute in float32, whichever way they are stored.
#pragma once

namespace nvae {

struct Features {
  void* data;
  bool half;  // whether the values are bfloat16
};

}  // namespace nvae
