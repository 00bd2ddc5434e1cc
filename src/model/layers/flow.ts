/**
 * Volume-preserving flow of one latent group: cells z - g(z). g consists of masked convolutions, so a value depends only on
 * pixels above it or to its right (mirrored: below or to its left) and on lower channels of its own
 * pixel. The Jacobian is triangular with ones on its diagonal, so the log determinant is 0. In NVAE (section 3.2, normalizing flows)
 * these convolutions are weight-normalised: `flow_weight_norm`.
 */
import * as tf from '../../engine/tf.js';
import type { ParameterSpec } from '../parameterSpec.js';
import type { Pass } from '../pass.js';
import type { ConvolutionPlan, DepthwisePlan } from './convolution.js';
import { convolve, convolveDepthwise } from './convolution.js';
import { flowExpansion } from './flowMask.js';
import { type MaskedPlan, maskedParameters, maskedWeight } from './maskedWeight.js';

export interface FlowCellPlan {
  readonly expand: MaskedPlan & ConvolutionPlan;
  readonly spatial: MaskedPlan & DepthwisePlan;
  readonly reduce: MaskedPlan & ConvolutionPlan;
  readonly parameters: readonly ParameterSpec[];
}

export interface FlowPlanOptions {
  /** Channels of the latent. */
  readonly channels: number;
  /** Pairs of cells; the second of a pair is mirrored. */
  readonly pairs: number;
  /** Whether the convolutions are weight-normalised. @default false */
  readonly weightNorm?: boolean;
}

/** Plans two cells for each of `pairs`. */
export function planFlow(
  name: string,
  { channels, pairs, weightNorm = false }: FlowPlanOptions,
): FlowCellPlan[] {
  return Array.from({ length: 2 * pairs }, (_, j) =>
    planFlowCell(`${name}.model.${j}`, channels, { mirrored: j % 2 === 1, weightNorm }),
  );
}

function planFlowCell(
  name: string,
  channels: number,
  { mirrored, weightNorm }: { readonly mirrored: boolean; readonly weightNorm: boolean },
): FlowCellPlan {
  const hidden = flowExpansion * channels;
  const convolution = (index: number, kernel: number, inChannels: number, outChannels: number) => ({
    ...{ name: `${name}.model.${index}`, kernel, stride: 1 as const, inChannels, outChannels, bias: true },
    mask: { kernel, inChannels, outChannels, mirrored },
    weightNorm,
  });
  const expand = convolution(0, 3, channels, hidden);
  const mask = { kernel: 5, inChannels: 1, outChannels: 1, mirrored };
  const spatial = { name: `${name}.model.2`, kernel: 5, channels: hidden, bias: true, mask, weightNorm };
  const reduce = convolution(5, 1, hidden, channels);
  return { expand, spatial, reduce, parameters: [expand, spatial, reduce].flatMap(maskedParameters) };
}

/** Maps `[B, h, w, K]` to the same shape. */
export function flow(pass: Pass, cells: readonly FlowCellPlan[], z: tf.Tensor4D): tf.Tensor4D {
  return cells.reduce((value, cell) => tf.sub(value, shift(pass, cell, value)), z);
}

/** Computes g(z) of one cell. The two consecutive activations are as in the reference. */
function shift(pass: Pass, { expand, spatial, reduce }: FlowCellPlan, z: tf.Tensor4D): tf.Tensor4D {
  const bias = ({ name }: MaskedPlan) => pass.store.parameter(`${name}.bias`);
  let y: tf.Tensor4D = tf.add(convolve(z, maskedWeight(pass, expand)), bias(expand));
  y = convolveDepthwise(tf.elu(y), maskedWeight(pass, spatial));
  y = tf.elu(tf.elu(tf.add(y, bias(spatial))));
  return tf.add(convolve(y, maskedWeight(pass, reduce)), bias(reduce));
}
