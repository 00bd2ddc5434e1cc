/** Convolution with its weight split into a direction v and a gain g per output: w = g * v / ||v||. Stride 1. */
import { convolveBiased, weightNorm } from '../../engine/ops.js';
import type * as tf from '../../engine/tf.js';
import type { Initial, ParameterSpec } from '../parameterSpec.js';
import { uniformForFanIn } from '../parameterSpec.js';
import type { Pass } from '../pass.js';

export interface WeightNormPlan {
  readonly name: string;
  readonly kernel: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

export function weightNormParameters({
  name,
  kernel,
  inChannels,
  outChannels,
}: WeightNormPlan): ParameterSpec[] {
  const initial = uniformForFanIn(inChannels * kernel * kernel);
  const shape = [kernel, kernel, inChannels, outChannels];
  const direction: ParameterSpec = { name: `${name}.weight_v`, shape, layout: 'convolution', initial };
  const gain: Initial = { kind: 'normOf', weight: direction };
  return [
    { name: `${name}.bias`, shape: [outChannels], layout: 'vector', initial },
    { name: `${name}.weight_g`, shape: [outChannels], layout: 'gain', initial: gain },
    direction,
  ];
}

/** Returns the effective weight `[k, k, in, out]`; differentiable in v and g. */
export function weightNormWeight(pass: Pass, plan: WeightNormPlan): tf.Tensor4D {
  const known = pass.weights?.get(plan.name);
  if (known) return known;
  const v = pass.store.parameter(`${plan.name}.weight_v`) as tf.Tensor4D;
  return weightNorm(v, pass.store.parameter(`${plan.name}.weight_g`));
}

/** The result is not rounded: it is parameters of a distribution, or what a tower's cells add their branches to. */
export function weightNormConvolution(pass: Pass, plan: WeightNormPlan, x: tf.Tensor4D): tf.Tensor4D {
  const bias = pass.store.parameter(`${plan.name}.bias`);
  return convolveBiased(x, weightNormWeight(pass, plan), bias, { exact: true });
}
