// Element-wise, reduction and movement kernels. Shapes are Int32Arrays created in src/engine/native/kernels.
#include <cmath>
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
void unary(const Arguments& args) {
  table().unary(static_cast<int>(args.integer(0)), args.floats(1), args.floats(2), args.length(1),
                static_cast<float>(args.number(3)), static_cast<float>(args.number(4)));
}

// binary(operation, shape, a, b, y)
void binary(const Arguments& args) {
  table().binary(static_cast<int>(args.integer(0)), broadcast_shape(args.ints(1)), args.floats(2), args.floats(3),
                 args.floats(4));
}

// compare(operation, shape, a, b, y)
void compare(const Arguments& args) {
  table().compare(static_cast<int>(args.integer(0)), broadcast_shape(args.ints(1)), args.floats(2), args.floats(3),
                  args.bytes(4));
}

// select(condition, a, b, y)
void select(const Arguments& args) {
  table().select(args.bytes(0), args.floats(1), args.floats(2), args.floats(3), args.length(1));
}

// reduce(operation, outer, n, inner, x, y)
void reduce(const Arguments& args) {
  table().reduce(static_cast<int>(args.integer(0)), args.integer(1), args.integer(2), args.integer(3), args.features(4),
                 args.floats(5));
}

// softmax(rows, n, log, x, y)
void softmax(const Arguments& args) {
  table().softmax(args.integer(0), args.integer(1), args.integer(2) != 0, args.floats(3), args.floats(4));
}

// copy(shape, element bytes, from, offset, to, offset); offsets in elements.
void copy(const Arguments& args) {
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
}

// batchNorm(rows, channels, epsilon, silu, x, gamma, beta, y, mean, variance)
void batch_norm(const Arguments& args) {
  table().batch_norm(batch_norm_shape(args), args.features(4), args.floats(5), args.floats(6), args.features(7),
                     args.floats(8), args.floats(9));
}

// batchSums(rows, channels, epsilon, silu, x, sums)
void batch_sums(const Arguments& args) {
  table().batch_sums(batch_norm_shape(args), args.features(4), args.doubles(5));
}

// batchStatistics(rows, sums, mean, variance)
void batch_statistics(const Arguments& args) {
  table().batch_statistics(args.length(2), args.number(0), args.doubles(1), args.floats(2), args.floats(3));
}

// batchNormGradientSums(rows, channels, epsilon, silu, dy, x, gamma, beta, mean, variance, g, dgamma, dbeta)
void batch_norm_gradient_sums(const Arguments& args) {
  table().batch_norm_gradient_sums(batch_norm_shape(args), args.features(4), args.features(5), args.floats(6), args.floats(7),
                                   args.floats(8), args.floats(9), args.features(10), args.floats(11), args.floats(12));
}

// batchNormGradient(rows, channels, epsilon, silu, rows of the whole batch, g, x, gamma, mean, variance, dgamma, dbeta, dx)
void batch_norm_gradient(const Arguments& args) {
  table().batch_norm_gradient(batch_norm_shape(args), args.integer(4), args.features(5), args.features(6), args.floats(7),
                              args.floats(8), args.floats(9), args.floats(10), args.floats(11), args.features(12));
}

// normalize(rows, channels, epsilon, silu, x, mean, variance, gamma, beta, y)
void normalize(const Arguments& args) {
  table().normalize(batch_norm_shape(args), args.features(4), args.floats(5), args.floats(6), args.floats(7),
                    args.floats(8), args.features(9));
}

// foldNorm(channels, epsilon, bias | null, mean, variance, gamma, beta, scale, shift)
void fold_norm(const Arguments& args) {
  table().fold_norm(args.integer(0), args.number(1), args.floats(2), args.floats(3), args.floats(4), args.floats(5),
                    args.floats(6), args.floats(7), args.floats(8));
}

struct ImageShape {
  int64_t size[4];
  explicit ImageShape(const int32_t* v) : size{v[0], v[1], v[2], v[3]} {}
};

// resizeBilinear(shape of x, out height, out width, align corners, x, y)
void resize_bilinear(const Arguments& args) {
  table().resize_bilinear(ImageShape(args.ints(0)).size, args.integer(1), args.integer(2), args.integer(3) != 0,
                          args.floats(4), args.floats(5));
}

// resizeBilinearGradient(shape of x, out height, out width, align corners, dy, dx)
void resize_bilinear_gradient(const Arguments& args) {
  table().resize_bilinear_gradient(ImageShape(args.ints(0)).size, args.integer(1), args.integer(2),
                                   args.integer(3) != 0, args.floats(4), args.floats(5));
}

// upsampleGradient(shape of x, factor, dy, dx)
void upsample_gradient(const Arguments& args) {
  table().upsample_gradient(ImageShape(args.ints(0)).size, args.integer(1), args.features(2), args.features(3));
}

// globalNorm(tensors, y): y = the 2-norm of all together
void global_norm(const Arguments& args) {
  double sum = 0;
  for (const Argument& x : args.list(0)) sum += table().sum_of_squares(static_cast<float*>(x.data), x.length);
  *args.floats(1) = static_cast<float>(std::sqrt(sum));
}

// total(x, y): y = the sum of few values, in double precision
void total(const Arguments& args) {
  double sum = 0;
  for (int64_t i = 0; i < args.length(0); ++i) sum += args.floats(0)[i];
  *args.floats(1) = static_cast<float>(sum);
}

AdamaxStep adamax_step(const Arguments& args) {
  const auto number = [&](size_t i) { return static_cast<float>(args.number(i)); };
  return {number(0), number(1), number(2), number(3), number(4), number(5)};
}

// adamax(learning rate / (1 - beta1^t), beta1, beta2, epsilon, weight decay, gradient scale, gradient, parameter, m, u)
void adamax(const Arguments& args) {
  table().adamax(adamax_step(args), args.floats(6), args.floats(7), args.floats(8), args.floats(9), nullptr,
                 args.length(7));
}

// adamaxAveraged(as adamax, average, weight of the parameters in the average)
void adamax_averaged(const Arguments& args) {
  AdamaxStep step = adamax_step(args);
  step.average_weight = static_cast<float>(args.number(11));
  table().adamax(step, args.floats(6), args.floats(7), args.floats(8), args.floats(9), args.floats(10),
                 args.length(7));
}

// mixtureLogProb(kind, rows, k, parameters, colours, result)
void mixture_log_prob(const Arguments& args) {
  table().mixture_log_prob(MixtureKind(args.integer(0)), args.integer(1), args.integer(2), args.floats(3), args.floats(4),
                           args.floats(5));
}

// mixtureLogProbGradient(kind, rows, k, parameters, colours, dy, gradient in the parameters)
void mixture_log_prob_gradient(const Arguments& args) {
  table().mixture_log_prob_gradient(MixtureKind(args.integer(0)), args.integer(1), args.integer(2), args.floats(3),
                                    args.floats(4), args.floats(5), args.floats(6));
}

// mixtureMean(kind, rows, k, parameters, result)
void mixture_mean(const Arguments& args) {
  table().mixture_mean(MixtureKind(args.integer(0)), args.integer(1), args.integer(2), args.floats(3), args.floats(4));
}

// accumulate(x, sum): sum += x
void accumulate(const Arguments& args) {
  table().accumulate(args.features(0), args.floats(1), args.length(0));
}

// moveAverage(weight, factor, floor, value, average)
void move_average(const Arguments& args) {
  const auto number = [&](size_t i) { return static_cast<float>(args.number(i)); };
  table().move_average({number(0), number(1), number(2)}, args.floats(3), args.floats(4), args.length(3));
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
void squeeze_excite(const Arguments& args) {
  table().squeeze_excite(excite_shape(args), args.floats(5), args.features(6), excite_weights(args, 7),
                         excite_state(args, 11), args.floats(14));
}

// squeezeExciteGradient(batch, pixels, channels, hidden, weight, dy, branch, w1, b1, w2, b2, means, hidden, factors,
//                       dbranch, dw1, db1, dw2, db2)
void squeeze_excite_gradient(const Arguments& args) {
  table().squeeze_excite_gradient(
      excite_shape(args), args.floats(5), args.features(6), excite_weights(args, 7), excite_state(args, 11),
      {args.features(14), args.floats(15), args.floats(16), args.floats(17), args.floats(18)});
}

WeightShape weight_shape(const Arguments& args) {
  return {args.integer(0), args.integer(1), args.integer(2), static_cast<float>(args.number(3))};
}

SpectralState spectral_state(const Arguments& args, size_t i) {
  return {args.floats(i), args.floats(i + 1), args.floats(i + 2), args.floats(i + 3), args.floats(i + 4),
          args.floats(i + 5)};
}

// spectralPenalty(rows, columns, inputs, smallest norm, w, penalty, norm, v0, v1, a, b, start)
void spectral_penalty(const Arguments& args) {
  table().spectral_penalty(weight_shape(args), args.floats(4), args.floats(11), spectral_state(args, 5));
}

// spectralPenaltyGradient(rows, columns, inputs, smallest norm, w, penalty, norm, v0, v1, a, b, dy, dw)
void spectral_penalty_gradient(const Arguments& args) {
  table().spectral_penalty_gradient(weight_shape(args), *args.floats(11), args.floats(4), spectral_state(args, 5),
                                    args.floats(12));
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
void spectral_norms(const Arguments& args) {
  const auto weights = spectral_weights(args.ints(2), args.float_arrays(3), args.floats(4), args.floats(5),
                                        args.floats(6), args.floats(7));
  table().spectral_norms(weights.data(), static_cast<int64_t>(weights.size()), args.integer(0),
                         static_cast<float>(args.number(1)));
}

// spectralNormsGradient(shapes, dy, u, v, dw of each weight)
void spectral_norms_gradient(const Arguments& args) {
  const auto dw = args.float_arrays(4);
  const auto weights = spectral_weights(args.ints(0), dw, nullptr, args.floats(2), args.floats(3), nullptr);
  table().spectral_norms_gradient(weights.data(), static_cast<int64_t>(weights.size()), *args.floats(1), dw.data());
}

WeightShape norm_shape(const Arguments& args) {
  WeightShape shape = {args.integer(0), args.integer(1)};
  shape.epsilon = static_cast<float>(args.number(2));
  return shape;
}

// weightNorm(rows, columns, epsilon, v, g, w)
void weight_norm(const Arguments& args) {
  table().weight_norm(norm_shape(args), args.floats(3), args.floats(4), args.floats(5));
}

// weightNormGradient(rows, columns, epsilon, dw, v, g, dv, dg)
void weight_norm_gradient(const Arguments& args) {
  table().weight_norm_gradient(norm_shape(args), args.floats(3), args.floats(4), args.floats(5), args.floats(6),
                               args.floats(7));
}

// largestMagnitude(x, y)
void largest_magnitude(const Arguments& args) {
  *args.floats(1) = table().largest_magnitude(args.floats(0), args.length(0));
}

// largestMagnitudeGradient(dy, x, dx)
void largest_magnitude_gradient(const Arguments& args) {
  table().largest_magnitude_gradient(*args.floats(0), args.floats(1), args.length(1), args.floats(2));
}

// convert(x, y): y = x, in the kind of storage that y has.
void convert(const Arguments& args) { table().convert(args.features(0), args.features(1), args.length(0)); }

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
  export_kernel<unary>(env, exports, "unary");
  export_kernel<binary>(env, exports, "binary");
  export_kernel<compare>(env, exports, "compare");
  export_kernel<select>(env, exports, "select");
  export_kernel<reduce>(env, exports, "reduce");
  export_kernel<softmax>(env, exports, "softmax");
  export_kernel<copy>(env, exports, "copy");
  export_kernel<batch_norm>(env, exports, "batchNorm");
  export_kernel<batch_sums>(env, exports, "batchSums");
  export_kernel<batch_statistics>(env, exports, "batchStatistics");
  export_kernel<batch_norm_gradient_sums>(env, exports, "batchNormGradientSums");
  export_kernel<batch_norm_gradient>(env, exports, "batchNormGradient");
  export_kernel<normalize>(env, exports, "normalize");
  export_kernel<fold_norm>(env, exports, "foldNorm");
  export_kernel<resize_bilinear>(env, exports, "resizeBilinear");
  export_kernel<resize_bilinear_gradient>(env, exports, "resizeBilinearGradient");
  export_kernel<upsample_gradient>(env, exports, "upsampleGradient");
  export_kernel<global_norm>(env, exports, "globalNorm");
  export_kernel<total>(env, exports, "total");
  export_kernel<adamax>(env, exports, "adamax");
  export_kernel<adamax_averaged>(env, exports, "adamaxAveraged");
  export_kernel<mixture_log_prob>(env, exports, "mixtureLogProb");
  export_kernel<mixture_log_prob_gradient>(env, exports, "mixtureLogProbGradient");
  export_kernel<mixture_mean>(env, exports, "mixtureMean");
  export_kernel<accumulate>(env, exports, "accumulate");
  export_kernel<move_average>(env, exports, "moveAverage");
  export_kernel<squeeze_excite>(env, exports, "squeezeExcite");
  export_kernel<squeeze_excite_gradient>(env, exports, "squeezeExciteGradient");
  export_kernel<spectral_penalty>(env, exports, "spectralPenalty");
  export_kernel<spectral_penalty_gradient>(env, exports, "spectralPenaltyGradient");
  export_kernel<spectral_norms>(env, exports, "spectralNorms");
  export_kernel<spectral_norms_gradient>(env, exports, "spectralNormsGradient");
  export_kernel<weight_norm>(env, exports, "weightNorm");
  export_kernel<weight_norm_gradient>(env, exports, "weightNormGradient");
  export_kernel<largest_magnitude>(env, exports, "largestMagnitude");
  export_kernel<largest_magnitude_gradient>(env, exports, "largestMagnitudeGradient");
  export_kernel<convert>(env, exports, "convert");
}

}  // namespace nvae
