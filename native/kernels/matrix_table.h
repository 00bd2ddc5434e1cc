// Matrix products and convolutions. Activations are [batch, height, width, channels], filters [height, width, in, out],
// depthwise filters [height, width, channels]; everything is row-major, and float32 except for
// features and their gradients.
#pragma once
#include <cstdint>

#include "kernels/features.h"

namespace nvae {

struct ConvShape {
  int64_t batch;
  int64_t in_height, in_width, in_channels;
  int64_t out_height, out_width, out_channels;
  int64_t filter_height, filter_width;
  int64_t stride_height, stride_width;
  int64_t pad_top, pad_left;
  // Whether conv2d, its input gradient and, for 1x1 filters of stride 1, its filter gradient round both factors of every product to
  // bfloat16; see half_products.
  bool half = false;
  // Whether to add up the products themselves where Winograd's way would be faster.
  bool direct = false;
};

// Applied to the sums of a convolution: y = activation(sum * scale + shift), per output channel.
struct Epilogue {
  const float* scale = nullptr;  // null: 1
  const float* shift = nullptr;  // null: 0
  bool silu = false;             // otherwise no activation
};

// An expansion: norm, 1x1 convolution to the hidden channels, norm, SiLU, a depthwise convolution with a border of zeros, norm, SiLU,
// 1x1 convolution, norm. x is [batch, height, width, in_channels]; with `repeats` 2, every pixel of the hidden channels becomes 2x2
// before the depthwise convolution.
struct ExpansionShape {
  int64_t batch, height, width;
  int64_t in_channels, hidden, out_channels;
  int64_t filter;  // height and width of the depthwise filter, an odd number
  int64_t repeats;
  // Whether the 1x1 convolutions round both factors of every product to bfloat16; see half_products.
  bool half = false;
};

// A norm: x * scale + shift, per channel.
struct FoldedNorm {
  const float *scale, *shift;
};

struct ExpansionWeights {
  FoldedNorm before;
  const float* expand;
  FoldedNorm expanded;
  const float* spatial;
  FoldedNorm filtered;
  const float* reduce;
  FoldedNorm reduced;
};

struct MatrixTable {
  // Floating-point operations per second of one thread that only multiplies and adds on registers.
  double (*peak_fma)(double seconds);
  // Whether this table supports convolutions in half precision on a processor with AVX512-BF16.
  bool half_products;
  // c[m, n] = a * b, where a is [m, k] (or [k, m] if transpose_a) and b is [k, n] (or [n, k] if transpose_b).
  void (*gemm)(int64_t m, int64_t n, int64_t k, const float* a, bool transpose_a, const float* b, bool transpose_b, float* c);
  void (*conv2d)(const ConvShape& shape, const Features& x, const float* filter, const Epilogue& epilogue, const Features& y);
  void (*conv2d_input_gradient)(const ConvShape& shape, const Features& dy, const float* filter, const Features& dx);
  void (*conv2d_filter_gradient)(const ConvShape& shape, const Features& x, const Features& dy, float* dfilter);
  // One filter per channel: out_channels = in_channels.
  void (*depthwise)(const ConvShape& shape, const Features& x, const float* filter, const Features& y);
  void (*depthwise_input_gradient)(const ConvShape& shape, const Features& dy, const float* filter, const Features& dx);
  void (*depthwise_filter_gradient)(const ConvShape& shape, const Features& x, const Features& dy, float* dfilter);
  void (*expansion)(const ExpansionShape& shape, const Features& x, const ExpansionWeights& weights, float* y);
};

}  // namespace nvae
