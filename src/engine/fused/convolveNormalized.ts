/**
 * Convolution, batch normalisation with given statistics and activation in one kernel. The kernel folds the normalisation into
 * the filter and applies the activation while the sums are still in the cache. For use without gradients.
 */
import * as tf from '../tf.js';
import type { Activation } from './batchNorm.js';
import { type CompositeKernel, runOne } from './composite.js';

/** Statistics of each output channel, `[out]`. */
export interface NormStatistics {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
  readonly gamma: tf.Tensor;
  readonly beta: tf.Tensor;
  readonly epsilon: number;
}

export const convolveNormalizedKernels: CompositeKernel[] = [
  {
    name: 'ConvolveNormalized',
    body: ({ x, filter, bias, ...statistics }, { strides, pad, epsilon, activation }) => {
      const y = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides as number, pad as number);
      const biased = bias ? tf.add(y, bias) : y;
      return runOne('BatchNormInference', { x: biased, ...statistics }, { epsilon, activation });
    },
  },
];

export interface ConvolveNormalizedOptions {
  /** `[out]`, or null for no bias. */
  readonly bias: tf.Tensor | null;
  readonly norm: NormStatistics;
  readonly activation: Activation;
  /** @default 1 */
  readonly stride?: 1 | 2;
}

/**
 * Computes activation(norm(convolution of x + bias)) for x `[batch, height, width, in]` and filter `[k, k, in, out]`, padded and
 * strided as in `convolveBiased`. No gradient.
 */
export function convolveNormalized(
  x: tf.Tensor4D,
  filter: tf.Tensor,
  { bias, norm, activation, stride = 1 }: ConvolveNormalizedOptions,
): tf.Tensor4D {
  const { epsilon, ...statistics } = norm;
  const pad = ((filter.shape[0] ?? 1) - 1) / 2;
  const inputs = { x, filter, ...(bias && { bias }), ...statistics };
  return runOne('ConvolveNormalized', inputs, { strides: stride, pad, epsilon, activation });
}
