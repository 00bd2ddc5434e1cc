// Element-wise, broadcasting, reduction and data-movement kernels.
#pragma once
#include <cstdint>

#include "kernels/features.h"

// The operations by the names of tfjs' kernels. JavaScript selects one by its position in the list.
#define NVAE_UNARY_OPERATIONS(X) \
  X(Neg) X(Abs) X(Square) X(Sqrt) X(Rsqrt) X(Reciprocal) X(Exp) X(Expm1) X(Log) X(Log1p) X(Sigmoid) X(Tanh) \
  X(Softplus) X(Relu) X(Elu) X(Step) X(ClipByValue) X(Silu) X(SoftClamp)
#define NVAE_BINARY_OPERATIONS(X) \
  X(Add) X(Sub) X(Multiply) X(RealDiv) X(Maximum) X(Minimum) X(SquaredDifference) X(EluGrad) X(SiluGrad) \
  X(SoftClampGrad)
#define NVAE_COMPARISONS(X) X(Equal) X(NotEqual) X(Greater) X(GreaterEqual) X(Less) X(LessEqual)
#define NVAE_REDUCTIONS(X) X(Sum) X(Mean) X(Max) X(Min) X(Prod)

namespace nvae {

constexpr int kMostDimensions = 8;

// Sizes of the result, and the stride of each operand per dimension: 0 where it is repeated.
struct Broadcast {
  int64_t rank;
  int64_t size[kMostDimensions], a[kMostDimensions], b[kMostDimensions];
};

// A block of elements to copy, with strides on both sides in elements.
struct StridedCopy {
  int64_t rank;
  int64_t size[kMostDimensions], from[kMostDimensions], to[kMostDimensions];
};

// x seen as [rows, channels].
struct BatchNormShape {
  int64_t rows, channels;
  float epsilon;
  bool silu;
};

// A residual branch of [batch, pixels, channels] with the factor `weight`.
struct ExciteShape {
  int64_t batch, pixels, channels, hidden;
  float weight;
};

// w1 [channels, hidden], w2 [hidden, channels]
struct ExciteWeights {
  const float *w1, *b1, *w2, *b2;
};

// [batch, channels], [batch, hidden], [batch, channels]
struct ExciteState {
  float *means, *hidden, *factors;
};

struct ExciteGradients {
  Features branch;
  float *w1, *b1, *w2, *b2;
};

// A weight as a matrix whose rows each hold all output channels.
struct WeightShape {
  int64_t rows, columns;
  int64_t inputs = 1;       // channels; rows are [taps, inputs]
  float smallest_norm = 0;  // lower bound of the divisor when dividing by a norm
  float epsilon = 0;        // added to squared lengths
};

// Values of a spectral penalty. With W the weight and v0 the start vector at length 1: a = W' v0, v1 = W a / |W a|, b = W' v1. The
// penalty is |b|^2.
struct SpectralState {
  float *penalty, *norm;  // norm: of W a
  float *v0, *v1, *a, *b;
};

// A weight [rows, columns] whose largest singular value is iterated: sigma = v' W u with u [columns] and v [rows] of length 1.
struct SpectralNorm {
  int64_t rows, columns;
  const float *w, *before;  // before: u of the last call
  float *u, *v, *norm;
};

struct AdamaxStep {
  float learning_rate;  // already divided by 1 - beta1^t
  float beta1, beta2, epsilon, weight_decay;
  float gradient_scale;
  float average_weight = 0;  // of the new parameters in their moving average
};

struct AverageStep {
  float weight, factor, floor;
};

// The distribution of a row: of one colour, or of the three colours of a pixel (joint). Logistic distributions are discretised; if normalized,
// the probabilities of the 256 values of a colour add up to 1.
enum class MixtureKind : int {
  kNormal,
  kLogistic,
  kNormalizedLogistic,
  kJointLogistic,
  kNormalizedJointLogistic,
};

struct TensorTable {
  // y = op(x); low and high are the bounds of ClipByValue; low is also the slope of Step.
  void (*unary)(int operation, const float* x, float* y, int64_t n, float low, float high);
  void (*binary)(int operation, const Broadcast& shape, const float* a, const float* b, float* y);
  void (*compare)(int operation, const Broadcast& shape, const float* a, const float* b, uint8_t* y);
  // y = condition ? a : b
  void (*select)(const uint8_t* condition, const float* a, const float* b, float* y, int64_t n);
  // x is [outer, n, inner], y [outer, inner].
  void (*reduce)(int operation, int64_t outer, int64_t n, int64_t inner, const Features& x, float* y);
  // Over the last axis of [rows, n]; returns its logarithm if `log`.
  void (*softmax)(int64_t rows, int64_t n, bool log, const float* x, float* y);
  void (*copy)(const StridedCopy& shape, int element_bytes, const void* from, void* to);
  // Batch statistics (biased variance) and y = activation((x - mean) / sqrt(variance + epsilon) * gamma + beta).
  void (*batch_norm)(const BatchNormShape& shape, const Features& x, const float* gamma, const float* beta, const Features& y,
                     float* mean, float* variance);
  // The two parts of it, for x that is a part of a larger batch: sums of the values and of their squares per channel, `[2, channels]`,
  // and the statistics from the sums of all parts.
  void (*batch_sums)(const BatchNormShape& shape, const Features& x, double* sums);
  void (*batch_statistics)(int64_t channels, double rows, const double* sums, float* mean, float* variance);
  // The two parts of the gradient, see batch_norm.inc.h. g and dx are stored as dy is.
  void (*batch_norm_gradient_sums)(const BatchNormShape& shape, const Features& dy, const Features& x, const float* gamma,
                                   const float* beta, const float* mean, const float* variance, const Features& g,
                                   float* dgamma, float* dbeta);
  void (*batch_norm_gradient)(const BatchNormShape& shape, int64_t whole, const Features& g, const Features& x,
                              const float* gamma, const float* mean, const float* variance, const float* dgamma,
                              const float* dbeta, const Features& dx);
  // y = activation((x - mean) / sqrt(variance + epsilon) * gamma + beta) with given statistics.
  void (*normalize)(const BatchNormShape& shape, const Features& x, const float* mean, const float* variance,
                    const float* gamma, const float* beta, const Features& y);
  // Normalising x with these statistics is x * scale + shift; with a bias (or null), x + bias is normalised.
  void (*fold_norm)(int64_t channels, double epsilon, const float* bias, const float* mean, const float* variance,
                    const float* gamma, const float* beta, float* scale, float* shift);
  // [batch, height, width, channels]; bilinear with or without aligned corners.
  void (*resize_bilinear)(const int64_t* in_shape, int64_t out_height, int64_t out_width, bool align_corners,
                          const float* x, float* y);
  void (*resize_bilinear_gradient)(const int64_t* in_shape, int64_t out_height, int64_t out_width, bool align_corners,
                                   const float* dy, float* dx);
  // dx[pixel] = sum of the factor x factor pixels of dy that repeat it; stored as dy is.
  void (*upsample_gradient)(const int64_t* in_shape, int64_t factor, const Features& dy, const Features& dx);
  double (*sum_of_squares)(const float* x, int64_t n);
  // average: the moving average of the parameters, or null.
  void (*adamax)(const AdamaxStep& step, const float* gradient, float* parameter, float* m, float* u, float* average,
                 int64_t n);
  // A row of parameters holds k logits, k means and k log scales, or k logits, 3 k means, 3 k log scales and 3 k coefficients if joint.
  void (*mixture_log_prob)(MixtureKind kind, int64_t rows, int64_t k, const float* parameters, const float* colours,
                           float* log_prob);
  void (*mixture_log_prob_gradient)(MixtureKind kind, int64_t rows, int64_t k, const float* parameters,
                                    const float* colours, const float* dy, float* dparameters);
  // Not for joint colours.
  void (*mixture_mean)(MixtureKind kind, int64_t rows, int64_t k, const float* parameters, float* mean);
  void (*accumulate)(const Features& x, float* sum, int64_t n);
  // average = (1 - weight) * average + weight * factor * value, but not below the floor unless it was already there.
  void (*move_average)(const AverageStep& step, const float* value, float* average, int64_t n);
  void (*squeeze_excite)(const ExciteShape& shape, const float* skip, const Features& branch, const ExciteWeights& weights,
                         const ExciteState& state, float* y);
  void (*squeeze_excite_gradient)(const ExciteShape& shape, const float* dy, const Features& branch,
                                  const ExciteWeights& weights, const ExciteState& state,
                                  const ExciteGradients& gradients);
  // w is [rows, columns], start [inputs, taps].
  void (*spectral_penalty)(const WeightShape& shape, const float* w, const float* start, const SpectralState& state);
  void (*spectral_penalty_gradient)(const WeightShape& shape, float dy, const float* w, const SpectralState& state,
                                    float* dw);
  // Power iterations for many weights at once, and dw = dy v u' for each.
  void (*spectral_norms)(const SpectralNorm* weights, int64_t count, int64_t iterations, float smallest_norm);
  void (*spectral_norms_gradient)(const SpectralNorm* weights, int64_t count, float dy, float* const* dw);
  // v, w and their gradients are [rows, columns], g and its gradient [columns].
  void (*weight_norm)(const WeightShape& shape, const float* v, const float* g, float* w);
  void (*weight_norm_gradient)(const WeightShape& shape, const float* dw, const float* v, const float* g, float* dv,
                               float* dg);
  float (*largest_magnitude)(const float* x, int64_t n);
  void (*largest_magnitude_gradient)(float dy, const float* x, int64_t n, float* dx);
  // y = x, in the kind of storage that y has; rounds to nearest even.
  void (*convert)(const Features& x, const Features& y, int64_t n);
};

}  // namespace nvae
