/** A convolution followed by a batch normalisation. */
import type { Activation } from '../../engine/ops.js';
import { convolveNormalized } from '../../engine/ops.js';
import type * as tf from '../../engine/tf.js';
import type { Pass } from '../pass.js';
import { batchNorm, normStatistics } from './batchNorm.js';
import type { BatchNormPlan } from './batchNormPlan.js';
import { type ConvolutionPlan, convolution } from './convolution.js';

/** `[B, H, W, in]` to `[B, H / stride, W / stride, out]`. */
export function normalizedConvolution(
  pass: Pass,
  plan: ConvolutionPlan,
  norm: BatchNormPlan,
  x: tf.Tensor4D,
  activation: Activation,
): tf.Tensor4D {
  if (pass.mode === 'train') return batchNorm(pass, norm, convolution(pass, plan, x), activation);
  const { store } = pass;
  const bias = plan.bias ? store.parameter(`${plan.name}.bias`) : null;
  const options = { bias, norm: normStatistics(store, norm), activation, stride: plan.stride };
  return convolveNormalized(x, store.parameter(`${plan.name}.weight`), options);
}
