/** The skip connection of a cell that changes the image size. */
import { silu, upsampleBilinear2x } from '../../engine/ops.js';
import * as tf from '../../engine/tf.js';
import type { ParameterSpec } from '../parameterSpec.js';
import type { Pass } from '../pass.js';
import type { ConvolutionPlan } from './convolution.js';
import { convolution, convolutionParameters, convolve } from './convolution.js';

export interface SkipDownPlan {
  /** Four 1x1 convolutions with stride 2, each with a quarter of the output channels. */
  readonly quarters: readonly ConvolutionPlan[];
}

export function planSkipDown(cell: string, inChannels: number, outChannels: number): SkipDownPlan {
  const quarters = [1, 2, 3, 4].map((i) => ({
    name: `${cell}.skip.model.skip down.conv_${i}`,
    kernel: 1,
    stride: 2 as const,
    inChannels,
    outChannels: outChannels / 4,
    bias: true,
  }));
  return { quarters };
}

export function skipDownParameters({ quarters }: SkipDownPlan): ParameterSpec[] {
  return quarters.flatMap(convolutionParameters);
}

/** `[B, H, W, in]` to `[B, H / 2, W / 2, out]`. All four read the same pixels, so they run as one convolution. */
export function skipDown(pass: Pass, { quarters }: SkipDownPlan, x: tf.Tensor4D): tf.Tensor4D {
  const weights = quarters.map(({ name }) => pass.store.parameter(`${name}.weight`) as tf.Tensor4D);
  const biases = quarters.map(({ name }) => pass.store.parameter(`${name}.bias`) as tf.Tensor1D);
  return tf.add(convolve(silu(x), tf.concat(weights, 3), 2), tf.concat(biases, 0));
}

export function planSkipUp(cell: string, inChannels: number, outChannels: number): ConvolutionPlan {
  const name = `${cell}.skip.model.skip up.model`;
  return { name, kernel: 1, stride: 1, inChannels, outChannels, bias: true };
}

/**
 * `[B, H, W, in]` to `[B, 2 H, 2 W, out]`. The reference upsamples first. Both steps are linear and the interpolation weights
 * sum to one, so the 1x1 convolution can come first, where it does a quarter of the work.
 */
export function skipUp(pass: Pass, plan: ConvolutionPlan, x: tf.Tensor4D): tf.Tensor4D {
  return upsampleBilinear2x(convolution(pass, plan, x));
}
