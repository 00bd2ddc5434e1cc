/**
 * Operations that the model uses beyond plain tfjs-core. Each is an ordinary differentiable function; an engine may
 * execute it as one fused kernel.
 */
import * as tf from './tf.js';

export type Activation = 'none' | 'silu';

/** SiLU (swish): x * sigmoid(x), any shape. */
export function silu<T extends tf.Tensor>(x: T): T {
  return tf.mul(x, tf.sigmoid(x));
}

export interface BatchNormResult {
  /** Normalised (and activated) values, shape of x. */
  readonly y: tf.Tensor4D;
  /** Batch mean per channel, `[channels]`; no gradient. */
  readonly mean: tf.Tensor1D;
  /** Biased batch variance per channel, `[channels]`; no gradient. */
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalisation with batch statistics, followed by an activation.
 * x is `[batch, height, width, channels]`, gamma and beta are `[channels]`; differentiable in all three.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  activation: Activation,
): BatchNormResult {
  const mean = tf.mean(x, [0, 1, 2]) as tf.Tensor1D;
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), [0, 1, 2]) as tf.Tensor1D;
  const y = tf.add(tf.mul(centred, tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)))), beta) as tf.Tensor4D;
  return { y: activation === 'silu' ? silu(y) : y, mean, variance };
}

/** Batch normalisation with given statistics, followed by an activation; shapes as in {@link batchNormTrain}. */
export function batchNormInference(
  x: tf.Tensor4D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  activation: Activation,
): tf.Tensor4D {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  const y = tf.add(tf.mul(tf.sub(x, mean), scale), beta) as tf.Tensor4D;
  return activation === 'silu' ? silu(y) : y;
}

/** Nearest-neighbour upsampling by 2: `[batch, height, width, channels]` to `[batch, 2 height, 2 width, channels]`. */
export function upsampleNearest2x(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const spread = tf.tile(tf.reshape(x, [batch * height, width, 1, channels]), [1, 1, 2, 1]);
  const rows = tf.reshape(spread, [batch * height, 1, 2 * width, channels]);
  return tf.reshape(tf.tile(rows, [1, 2, 1, 1]), [batch, 2 * height, 2 * width, channels]);
}

/** Bilinear upsampling by 2 with aligned corners: output i reads position i * (n - 1) / (2 n - 1). */
export function upsampleBilinear2x(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  return tf.image.resizeBilinear(x, [2 * height, 2 * width], true);
}
