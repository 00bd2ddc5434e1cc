// Element-wise, reduction and movement kernels. Shapes are Int32Arrays created in src/engine/native/kernels.
#include <initializer_list>
#include <vector>

#include "binding/arguments.h"
#include "kernels/tables.h"

namespace nvae {
namespace {

const TensorTable& table() { return kernels().tensor; }

// [rank, sizes..., strides of the first..., strides of the second...]
Broadcast broadcast_shape(const int32_t* v) {
  Broadcast s = {};
  s.rank = *v++;
  for (int64_t d = 0; d < s.rank; ++d) {
    s.size[d] = v[d];
    s.a[d] = v[s.rank + d];
    s.b[d] = v[2 * s.rank + d];
  }
  return s;
}

BatchNormShape batch_norm_shape(const Arguments& args) {
  return {args.integer(0), args.integer(1), static_cast<float>(args.number(2)), args.integer(3) != 0};
}

// unary(operation, x, y, low, high)
napi_value unary(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().unary(static_cast<int>(args.integer(0)), args.floats(1), args.floats(2), args.length(1),
                static_cast<float>(args.number(3)), static_cast<float>(args.number(4)));
  return nullptr;
}

// binary(operation, shape, a, b, y)
napi_value binary(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().binary(static_cast<int>(args.integer(0)), broadcast_shape(args.ints(1)), args.floats(2), args.floats(3),
                 args.floats(4));
  return nullptr;
}

// compare(operation, shape, a, b, y)
napi_value compare(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().compare(static_cast<int>(args.integer(0)), broadcast_shape(args.ints(1)), args.floats(2), args.floats(3),
                  args.bytes(4));
  return nullptr;
}

// select(condition, a, b, y)
napi_value select(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().select(args.bytes(0), args.floats(1), args.floats(2), args.floats(3), args.length(1));
  return nullptr;
}

// reduce(operation, outer, n, inner, x, y)
napi_value reduce(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().reduce(static_cast<int>(args.integer(0)), args.integer(1), args.integer(2), args.integer(3), args.floats(4),
                 args.floats(5));
  return nullptr;
}

// softmax(rows, n, log, x, y)
napi_value softmax(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().softmax(args.integer(0), args.integer(1), args.integer(2) != 0, args.floats(3), args.floats(4));
  return nullptr;
}

// copy(shape, element bytes, from, offset, to, offset); offsets in elements.
napi_value copy(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const Broadcast given = broadcast_shape(args.ints(0));
  StridedCopy shape = {};
  shape.rank = given.rank;
  for (int64_t d = 0; d < given.rank; ++d) {
    shape.size[d] = given.size[d];
    shape.from[d] = given.a[d];
    shape.to[d] = given.b[d];
  }
  const int64_t bytes = args.integer(1);
  table().copy(shape, static_cast<int>(bytes), args.bytes(2) + args.integer(3) * bytes,
               args.bytes(4) + args.integer(5) * bytes);
  return nullptr;
}

// batchNorm(rows, channels, epsilon, silu, x, gamma, beta, y, mean, variance)
napi_value batch_norm(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().batch_norm(batch_norm_shape(args), args.floats(4), args.floats(5), args.floats(6), args.floats(7),
                     args.floats(8), args.floats(9));
  return nullptr;
}

// batchNormGradient(rows, channels, epsilon, silu, dy, x, gamma, beta, mean, variance, dx, dgamma, dbeta)
napi_value batch_norm_gradient(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().batch_norm_gradient(batch_norm_shape(args), args.floats(4), args.floats(5), args.floats(6), args.floats(7),
                              args.floats(8), args.floats(9), args.floats(10), args.floats(11), args.floats(12));
  return nullptr;
}

// normalize(rows, channels, epsilon, silu, x, mean, variance, gamma, beta, y)
napi_value normalize(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().normalize(batch_norm_shape(args), args.floats(4), args.floats(5), args.floats(6), args.floats(7),
                    args.floats(8), args.floats(9));
  return nullptr;
}

struct ImageShape {
  int64_t size[4];
  explicit ImageShape(const int32_t* v) : size{v[0], v[1], v[2], v[3]} {}
};

// resizeBilinear(shape of x, out height, out width, align corners, x, y)
napi_value resize_bilinear(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().resize_bilinear(ImageShape(args.ints(0)).size, args.integer(1), args.integer(2), args.integer(3) != 0,
                          args.floats(4), args.floats(5));
  return nullptr;
}

// resizeBilinearGradient(shape of x, out height, out width, align corners, dy, dx)
napi_value resize_bilinear_gradient(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().resize_bilinear_gradient(ImageShape(args.ints(0)).size, args.integer(1), args.integer(2),
                                   args.integer(3) != 0, args.floats(4), args.floats(5));
  return nullptr;
}

// upsampleGradient(shape of x, factor, dy, dx)
napi_value upsample_gradient(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().upsample_gradient(ImageShape(args.ints(0)).size, args.integer(1), args.floats(2), args.floats(3));
  return nullptr;
}

// sumOfSquares(x)
napi_value sum_of_squares(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  return to_js(env, table().sum_of_squares(args.floats(0), args.length(0)));
}

AdamaxStep adamax_step(const Arguments& args) {
  const auto number = [&](size_t i) { return static_cast<float>(args.number(i)); };
  return {number(0), number(1), number(2), number(3), number(4), number(5)};
}

// adamax(learning rate / (1 - beta1^t), beta1, beta2, epsilon, weight decay, gradient scale, gradient, parameter, m, u)
napi_value adamax(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().adamax(adamax_step(args), args.floats(6), args.floats(7), args.floats(8), args.floats(9), nullptr,
                 args.length(7));
  return nullptr;
}

// adamaxAveraged(as adamax, average, weight of the parameters in the average)
napi_value adamax_averaged(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  AdamaxStep step = adamax_step(args);
  step.average_weight = static_cast<float>(args.number(11));
  table().adamax(step, args.floats(6), args.floats(7), args.floats(8), args.floats(9), args.floats(10),
                 args.length(7));
  return nullptr;
}

// mixtureLogProb(kind, rows, k, parameters, colours, result)
napi_value mixture_log_prob(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().mixture_log_prob(MixtureKind(args.integer(0)), args.integer(1), args.integer(2), args.floats(3), args.floats(4),
                           args.floats(5));
  return nullptr;
}

// mixtureLogProbGradient(kind, rows, k, parameters, colours, dy, gradient in the parameters)
napi_value mixture_log_prob_gradient(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().mixture_log_prob_gradient(MixtureKind(args.integer(0)), args.integer(1), args.integer(2), args.floats(3),
                                    args.floats(4), args.floats(5), args.floats(6));
  return nullptr;
}

// accumulate(x, sum): sum += x
napi_value accumulate(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().accumulate(args.floats(0), args.floats(1), args.length(0));
  return nullptr;
}

// moveAverage(weight, factor, floor, value, average)
napi_value move_average(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto number = [&](size_t i) { return static_cast<float>(args.number(i)); };
  table().move_average({number(0), number(1), number(2)}, args.floats(3), args.floats(4), args.length(3));
  return nullptr;
}

ExciteShape excite_shape(const Arguments& args) {
  return {args.integer(0), args.integer(1), args.integer(2), args.integer(3), static_cast<float>(args.number(4))};
}

ExciteWeights excite_weights(const Arguments& args, size_t i) {
  return {args.floats(i), args.floats(i + 1), args.floats(i + 2), args.floats(i + 3)};
}

ExciteState excite_state(const Arguments& args, size_t i) {
  return {args.floats(i), args.floats(i + 1), args.floats(i + 2)};
}

// squeezeExcite(batch, pixels, channels, hidden, weight, skip, branch, w1, b1, w2, b2, means, hidden, factors, y)
napi_value squeeze_excite(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().squeeze_excite(excite_shape(args), args.floats(5), args.floats(6), excite_weights(args, 7),
                         excite_state(args, 11), args.floats(14));
  return nullptr;
}

// squeezeExciteGradient(batch, pixels, channels, hidden, weight, dy, branch, w1, b1, w2, b2, means, hidden, factors,
//                       dbranch, dw1, db1, dw2, db2)
napi_value squeeze_excite_gradient(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().squeeze_excite_gradient(
      excite_shape(args), args.floats(5), args.floats(6), excite_weights(args, 7), excite_state(args, 11),
      {args.floats(14), args.floats(15), args.floats(16), args.floats(17), args.floats(18)});
  return nullptr;
}

WeightShape weight_shape(const Arguments& args) {
  return {args.integer(0), args.integer(1), args.integer(2), static_cast<float>(args.number(3))};
}

SpectralState spectral_state(const Arguments& args, size_t i) {
  return {args.floats(i), args.floats(i + 1), args.floats(i + 2), args.floats(i + 3), args.floats(i + 4),
          args.floats(i + 5)};
}

// spectralPenalty(rows, columns, inputs, smallest norm, w, penalty, norm, v0, v1, a, b, start)
napi_value spectral_penalty(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().spectral_penalty(weight_shape(args), args.floats(4), args.floats(11), spectral_state(args, 5));
  return nullptr;
}

// spectralPenaltyGradient(rows, columns, inputs, smallest norm, w, penalty, norm, v0, v1, a, b, dy, dw)
napi_value spectral_penalty_gradient(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().spectral_penalty_gradient(weight_shape(args), *args.floats(11), args.floats(4), spectral_state(args, 5),
                                    args.floats(12));
  return nullptr;
}

// The weights of a call, with their parts of u, v, the vectors of before and the norms (null if not read), each stored in sequence.
// shapes: rows and columns of each.
std::vector<SpectralNorm> spectral_weights(const int32_t* shapes, const std::vector<float*>& w, const float* before,
                                           float* u, float* v, float* norms) {
  std::vector<SpectralNorm> weights;
  weights.reserve(w.size());
  for (size_t i = 0; i < w.size(); ++i) {
    const int64_t rows = shapes[2 * i], columns = shapes[2 * i + 1];
    weights.push_back({rows, columns, w[i], before, u, v, norms});
    if (before) before += columns;
    if (norms) norms += 1;
    u += columns;
    v += rows;
  }
  return weights;
}

// spectralNorms(iterations, smallest norm, shapes, weights, before, u, v, norms)
napi_value spectral_norms(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto weights = spectral_weights(args.ints(2), args.float_arrays(3), args.floats(4), args.floats(5),
                                        args.floats(6), args.floats(7));
  table().spectral_norms(weights.data(), static_cast<int64_t>(weights.size()), args.integer(0),
                         static_cast<float>(args.number(1)));
  return nullptr;
}

// spectralNormsGradient(shapes, dy, u, v, dw of each weight)
napi_value spectral_norms_gradient(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto dw = args.float_arrays(4);
  const auto weights = spectral_weights(args.ints(0), dw, nullptr, args.floats(2), args.floats(3), nullptr);
  table().spectral_norms_gradient(weights.data(), static_cast<int64_t>(weights.size()), *args.floats(1), dw.data());
  return nullptr;
}

WeightShape norm_shape(const Arguments& args) {
  WeightShape shape = {args.integer(0), args.integer(1)};
  shape.epsilon = static_cast<float>(args.number(2));
  return shape;
}

// weightNorm(rows, columns, epsilon, v, g, w)
napi_value weight_norm(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().weight_norm(norm_shape(args), args.floats(3), args.floats(4), args.floats(5));
  return nullptr;
}

// weightNormGradient(rows, columns, epsilon, dw, v, g, dv, dg)
napi_value weight_norm_gradient(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().weight_norm_gradient(norm_shape(args), args.floats(3), args.floats(4), args.floats(5), args.floats(6),
                               args.floats(7));
  return nullptr;
}

// largestMagnitude(x, y)
napi_value largest_magnitude(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  *args.floats(1) = table().largest_magnitude(args.floats(0), args.length(0));
  return nullptr;
}

// largestMagnitudeGradient(dy, x, dx)
napi_value largest_magnitude_gradient(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().largest_magnitude_gradient(*args.floats(0), args.floats(1), args.length(1), args.floats(2));
  return nullptr;
}

// toBfloat16(x, y): each element of y holds two values.
napi_value to_bfloat16(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().to_bfloat16(args.floats(0), args.halves(1), args.length(0));
  return nullptr;
}

// fromBfloat16(x, y): each element of x holds two values.
napi_value from_bfloat16(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  table().from_bfloat16(args.halves(0), args.floats(1), args.length(1));
  return nullptr;
}

// operations(): {unary: [names], binary: [...], comparisons: [...], reductions: [...]}, in the order of their numbers
napi_value operations(napi_env env, napi_callback_info) {
  const auto list = [&](std::initializer_list<const char*> names) {
    napi_value array;
    napi_create_array_with_length(env, names.size(), &array);
    uint32_t i = 0;
    for (const char* name : names) napi_set_element(env, array, i++, to_js(env, name));
    return array;
  };
  napi_value result;
  napi_create_object(env, &result);
#define NVAE_ENTRY(name) #name,
  napi_set_named_property(env, result, "unary", list({NVAE_UNARY_OPERATIONS(NVAE_ENTRY)}));
  napi_set_named_property(env, result, "binary", list({NVAE_BINARY_OPERATIONS(NVAE_ENTRY)}));
  napi_set_named_property(env, result, "comparisons", list({NVAE_COMPARISONS(NVAE_ENTRY)}));
  napi_set_named_property(env, result, "reductions", list({NVAE_REDUCTIONS(NVAE_ENTRY)}));
#undef NVAE_ENTRY
  return result;
}

}  // namespace

void export_tensor(napi_env env, napi_value exports) {
  export_function(env, exports, "operations", operations);
  export_function(env, exports, "unary", unary);
  export_function(env, exports, "binary", binary);
  export_function(env, exports, "compare", compare);
  export_function(env, exports, "select", select);
  export_function(env, exports, "reduce", reduce);
  export_function(env, exports, "softmax", softmax);
  export_function(env, exports, "copy", copy);
  export_function(env, exports, "batchNorm", batch_norm);
  export_function(env, exports, "batchNormGradient", batch_norm_gradient);
  export_function(env, exports, "normalize", normalize);
  export_function(env, exports, "resizeBilinear", resize_bilinear);
  export_function(env, exports, "resizeBilinearGradient", resize_bilinear_gradient);
  export_function(env, exports, "upsampleGradient", upsample_gradient);
  export_function(env, exports, "sumOfSquares", sum_of_squares);
  export_function(env, exports, "adamax", adamax);
  export_function(env, exports, "adamaxAveraged", adamax_averaged);
  export_function(env, exports, "mixtureLogProb", mixture_log_prob);
  export_function(env, exports, "mixtureLogProbGradient", mixture_log_prob_gradient);
  export_function(env, exports, "accumulate", accumulate);
  export_function(env, exports, "moveAverage", move_average);
  export_function(env, exports, "squeezeExcite", squeeze_excite);
  export_function(env, exports, "squeezeExciteGradient", squeeze_excite_gradient);
  export_function(env, exports, "spectralPenalty", spectral_penalty);
  export_function(env, exports, "spectralPenaltyGradient", spectral_penalty_gradient);
  export_function(env, exports, "spectralNorms", spectral_norms);
  export_function(env, exports, "spectralNormsGradient", spectral_norms_gradient);
  export_function(env, exports, "weightNorm", weight_norm);
  export_function(env, exports, "weightNormGradient", weight_norm_gradient);
  export_function(env, exports, "largestMagnitude", largest_magnitude);
  export_function(env, exports, "largestMagnitudeGradient", largest_magnitude_gradient);
  export_function(env, exports, "toBfloat16", to_bfloat16);
  export_function(env, exports, "fromBfloat16", from_bfloat16);
}

}  // namespace nvae
