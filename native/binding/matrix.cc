// Matrix products and convolutions. The shape of a convolution is an Int32Array in the order of ConvShape.
#include "binding/arguments.h"
#include "kernels/tables.h"
#include "runtime/processor.h"
#include "runtime/thread_pool.h"

namespace nvae {
namespace {

ConvShape conv_shape(const int32_t* v) {
  return {v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12], v[13] != 0, v[14] != 0};
}

// halfProducts(): whether convolutions can round to bfloat16.
napi_value half_products(napi_env env, napi_callback_info) {
  napi_value result;
  napi_get_boolean(env, kernels().matrix.half_products && has_avx512_bfloat16(), &result);
  return result;
}

// peakFma(seconds): floating-point operations per second of all threads together, on registers only.
napi_value peak_fma(napi_env env, napi_callback_info info) {
  const double seconds = first_number(env, info);
  double rates[256] = {};
  const int threads = thread_count() < 256 ? thread_count() : 256;
  parallel(threads, [&](int64_t task) { rates[task] = kernels().matrix.peak_fma(seconds); });
  double total = 0;
  for (int i = 0; i < threads; ++i) total += rates[i];
  return to_js(env, total);
}

// gemm(m, n, k, a, aOffset, transposeA, b, bOffset, transposeB, c, cOffset); offsets in elements.
void gemm(const Arguments& args) {
  kernels().matrix.gemm(args.integer(0), args.integer(1), args.integer(2), args.floats(3) + args.integer(4),
                        args.integer(5) != 0, args.floats(6) + args.integer(7), args.integer(8) != 0,
                        args.floats(9) + args.integer(10));
}

// conv2d(shape, x, filter, scale | null, shift | null, silu, y)
void conv2d(const Arguments& args) {
  kernels().matrix.conv2d(conv_shape(args.ints(0)), args.features(1), args.floats(2),
                          {args.floats(3), args.floats(4), args.integer(5) != 0}, args.features(6));
}

// expansion(shape, x, then scale, shift of the norm before, and filter, scale, shift of each convolution, y)
void expansion(const Arguments& args) {
  const int32_t* v = args.ints(0);
  const ExpansionWeights weights = {{args.floats(2), args.floats(3)},
                                    args.floats(4), {args.floats(5), args.floats(6)},
                                    args.floats(7), {args.floats(8), args.floats(9)},
                                    args.floats(10), {args.floats(11), args.floats(12)}};
  kernels().matrix.expansion({v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8] != 0}, args.features(1), weights,
                             args.floats(13));
}

// depthwise(shape, x, filter, y), and gradients: (shape, dy, filter, dx)
template <auto Kernel>
void filter_features(const Arguments& args) {
  (kernels().matrix.*Kernel)(conv_shape(args.ints(0)), args.features(1), args.floats(2), args.features(3));
}

// (shape, x, dy, dfilter)
template <auto Kernel>
void filter_gradient(const Arguments& args) {
  (kernels().matrix.*Kernel)(conv_shape(args.ints(0)), args.features(1), args.features(2), args.floats(3));
}

}  // namespace

void export_matrix(napi_env env, napi_value exports) {
  export_function(env, exports, "peakFma", peak_fma);
  export_function(env, exports, "halfProducts", half_products);
  export_kernel<gemm>(env, exports, "gemm");
  export_kernel<conv2d>(env, exports, "conv2d");
  export_kernel<filter_features<&MatrixTable::conv2d_input_gradient>>(env, exports, "conv2dInputGradient");
  export_kernel<filter_gradient<&MatrixTable::conv2d_filter_gradient>>(env, exports, "conv2dFilterGradient");
  export_kernel<filter_features<&MatrixTable::depthwise>>(env, exports, "depthwise");
  export_kernel<expansion>(env, exports, "expansion");
  export_kernel<filter_features<&MatrixTable::depthwise_input_gradient>>(env, exports, "depthwiseInputGradient");
  export_kernel<filter_gradient<&MatrixTable::depthwise_filter_gradient>>(env, exports, "depthwiseFilterGradient");
}

}  // namespace nvae
