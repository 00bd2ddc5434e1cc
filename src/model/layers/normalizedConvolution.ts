/** A convolution followed by a batch normalisation. */
import type { Activation, ConvolveNormalizedOptions } from '../../engine/ops.js';
import { convolveDepthwiseNormalized, convolveNormalized } from '../../engine/ops.js';
import type * as tf from '../../engine/tf.js';
import type { Pass } from '../pass.js';
import { batchNorm, normStatistics } from './batchNorm.js';
import type { BatchNormPlan } from './batchNormPlan.js';
import { type ConvolutionPlan, convolution, type DepthwisePlan, depthwise } from './convolution.js';

export interface NormalizedOptions {
  readonly activation: Activation;
  /** As in `batchNorm`. @default 1 */
  readonly repeats?: number;
}

/** `[B, H, W, in]` to `[B, H / stride, W / stride, out]`. */
export function normalizedConvolution(
  pass: Pass,
  plan: ConvolutionPlan,
  norm: BatchNormPlan,
  x: tf.Tensor4D,
  { activation, repeats = 1 }: NormalizedOptions,
): tf.Tensor4D {
  if (pass.mode === 'train') return batchNorm(pass, norm, convolution(pass, plan, x), activation, repeats);
  const { stride } = plan;
  return convolveNormalized(x, ...operands(pass, plan, norm, activation, stride));
}

/** `[B, H, W, C]` to the same shape. */
export function normalizedDepthwise(
  pass: Pass,
  plan: DepthwisePlan,
  norm: BatchNormPlan,
  x: tf.Tensor4D,
  { activation }: Pick<NormalizedOptions, 'activation'>,
): tf.Tensor4D {
  if (pass.mode === 'train') return batchNorm(pass, norm, depthwise(pass, plan, x), activation);
  return convolveDepthwiseNormalized(x, ...operands(pass, plan, norm, activation, 1));
}

function operands(
  { store }: Pass,
  { name, bias }: { readonly name: string; readonly bias: boolean },
  norm: BatchNormPlan,
  activation: Activation,
  stride: 1 | 2,
): [filter: tf.Tensor, ConvolveNormalizedOptions] {
  const biases = bias ? store.parameter(`${name}.bias`) : null;
  const settings = { bias: biases, norm: normStatistics(store, norm), activation, stride };
  return [store.parameter(`${name}.weight`), settings];
}
