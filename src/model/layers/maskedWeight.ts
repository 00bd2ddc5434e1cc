/** Weights of the flow's convolutions: masked, and weight-normalised if the configuration says so. */
import { weightNorm } from '../../engine/ops.js';
import * as tf from '../../engine/tf.js';
import type { Initial, ParameterSpec } from '../parameterSpec.js';
import type { Pass } from '../pass.js';
import type { ConvolutionPlan, DepthwisePlan } from './convolution.js';
import { convolutionParameters, depthwiseParameters } from './convolution.js';
import { type FlowMaskShape, flowMask, flowMaskValues } from './flowMask.js';

/** One convolution of a flow cell, with its mask. */
export type MaskedPlan = (ConvolutionPlan | DepthwisePlan) & {
  readonly mask: FlowMaskShape;
  /** Whether the weight is split into a direction and a gain per output. */
  readonly weightNorm: boolean;
};

/** Returns `weight` and `bias`, or `bias`, `weight_g` and `weight_v` as in the other weight-normalised convolutions. */
export function maskedParameters(plan: MaskedPlan): ParameterSpec[] {
  const depthwise = 'channels' in plan;
  const plain = depthwise ? depthwiseParameters(plan) : convolutionParameters(plan);
  if (!plan.weightNorm) return plain;
  const [weight, bias] = plain as [ParameterSpec, ParameterSpec];
  const direction: ParameterSpec = { ...weight, name: `${plan.name}.weight_v` };
  // With the norm of what the mask leaves, a new layer computes what it would without the normalisation.
  const initial: Initial = { kind: 'normOf', weight: direction, mask: maskOf(plan) };
  const channels = depthwise ? plan.channels : plan.outChannels;
  return [bias, { name: `${plan.name}.weight_g`, shape: [channels], layout: 'gain', initial }, direction];
}

/** The mask for every value of the direction; a depthwise weight has the same one in every channel. */
function maskOf(plan: MaskedPlan): () => Float32Array {
  if (!('channels' in plan)) return () => flowMaskValues(plan.mask);
  const { channels } = plan;
  return () => {
    const mask = flowMaskValues(plan.mask);
    return Float32Array.from(
      { length: mask.length * channels },
      (_, i) => mask[Math.floor(i / channels)] ?? 0,
    );
  };
}

/**
 * Returns the effective weight, mask * weight or g * (mask * v) / |mask * v| with one length for each output. Values under the mask
 * count in no length and get no gradient. An output that sees nothing has the weight 0, and gradients of 0. Differentiable.
 */
export function maskedWeight(pass: Pass, plan: MaskedPlan): tf.Tensor4D {
  const parameter = (key: string) => pass.store.parameter(`${plan.name}.${key}`);
  const mask = flowMask(plan.mask);
  if (!plan.weightNorm) return tf.mul(parameter('weight'), mask);
  const masked: tf.Tensor4D = tf.mul(parameter('weight_v'), mask);
  if (!('channels' in plan)) return weightNorm(masked, parameter('weight_g'));
  // The outputs of a depthwise weight `[k, k, C, 1]` are on its third axis.
  const outputsLast = tf.reshape(masked, [-1, plan.channels]);
  return tf.reshape(weightNorm(outputsLast, parameter('weight_g')), masked.shape);
}
