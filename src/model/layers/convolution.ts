/** Convolutions with zero padding of (kernel - 1) / 2 on all four sides, also at stride 2. */
import { convolveBiased } from '../../engine/ops.js';
import * as tf from '../../engine/tf.js';
import type { ParameterSpec } from '../parameterSpec.js';
import { uniformForFanIn } from '../parameterSpec.js';
import type { Pass } from '../pass.js';

export interface ConvolutionPlan {
  readonly name: string;
  readonly kernel: number;
  readonly stride: 1 | 2;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly bias: boolean;
}

export interface DepthwisePlan {
  readonly name: string;
  readonly kernel: number;
  readonly channels: number;
  readonly bias: boolean;
}

/** The properties of a convolution that the regularisation needs. */
export interface SpectralLayer {
  readonly name: string;
  readonly layout: 'convolution' | 'depthwise';
  /** Shape of the weight, in our axis order. */
  readonly shape: readonly number[];
}

export function convolutionSpectral({
  name,
  kernel,
  inChannels,
  outChannels,
}: ConvolutionPlan): SpectralLayer {
  return { name, layout: 'convolution', shape: [kernel, kernel, inChannels, outChannels] };
}

export function depthwiseSpectral({ name, kernel, channels }: DepthwisePlan): SpectralLayer {
  return { name, layout: 'depthwise', shape: [kernel, kernel, channels, 1] };
}

export function convolutionParameters(plan: ConvolutionPlan): ParameterSpec[] {
  const { name, kernel, inChannels, outChannels, bias } = plan;
  const initial = uniformForFanIn(inChannels * kernel * kernel);
  const shape = [kernel, kernel, inChannels, outChannels];
  const weight: ParameterSpec = { name: `${name}.weight`, shape, layout: 'convolution', initial };
  return bias
    ? [weight, { name: `${name}.bias`, shape: [outChannels], layout: 'vector', initial }]
    : [weight];
}

export function depthwiseParameters({ name, kernel, channels, bias }: DepthwisePlan): ParameterSpec[] {
  const initial = uniformForFanIn(kernel * kernel);
  const shape = [kernel, kernel, channels, 1];
  const weight: ParameterSpec = { name: `${name}.weight`, shape, layout: 'depthwise', initial };
  return bias ? [weight, { name: `${name}.bias`, shape: [channels], layout: 'vector', initial }] : [weight];
}

/** `[B, H, W, in]` and weight `[k, k, in, out]` to `[B, H / stride, W / stride, out]` (odd sizes round up). */
export function convolve(x: tf.Tensor4D, weight: tf.Tensor, stride: 1 | 2 = 1): tf.Tensor4D {
  const kernel = weight.shape[0] ?? 1;
  // 'same' would pad unevenly at stride 2; a number pads all sides equally.
  return tf.conv2d(x, weight as tf.Tensor4D, stride, (kernel - 1) / 2);
}

/** `[B, H, W, C]` and weight `[k, k, C, 1]` to `[B, H, W, C]`. */
export function convolveDepthwise(x: tf.Tensor4D, weight: tf.Tensor): tf.Tensor4D {
  const kernel = weight.shape[0] ?? 1;
  return tf.depthwiseConv2d(x, weight as tf.Tensor4D, 1, (kernel - 1) / 2);
}

export function convolution(pass: Pass, plan: ConvolutionPlan, x: tf.Tensor4D): tf.Tensor4D {
  const weight = pass.store.parameter(`${plan.name}.weight`);
  if (!plan.bias) return convolve(x, weight, plan.stride);
  return convolveBiased(x, weight, pass.store.parameter(`${plan.name}.bias`), { stride: plan.stride });
}

export function depthwise(pass: Pass, plan: DepthwisePlan, x: tf.Tensor4D): tf.Tensor4D {
  const y = convolveDepthwise(x, pass.store.parameter(`${plan.name}.weight`));
  return plan.bias ? tf.add(y, pass.store.parameter(`${plan.name}.bias`)) : y;
}
