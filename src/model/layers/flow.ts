/**
 * Volume-preserving flow of one latent group: cells z - g(z). g consists of masked convolutions, so a value depends only on
 * pixels above it or to its right (mirrored: below or to its left) and on lower channels of its own
 * pixel. The Jacobian is triangular with ones on its diagonal, so the log determinant is 0.
 */
import * as tf from '../../engine/tf.js';
import type { ParameterSpec } from '../parameterSpec.js';
import { sizeOf } from '../parameterSpec.js';
import type { Pass } from '../pass.js';
import type { ConvolutionPlan, DepthwisePlan } from './convolution.js';
import { convolutionParameters, convolve, convolveDepthwise, depthwiseParameters } from './convolution.js';

/** Hidden channels of g per latent channel. */
const expansion = 6;

export interface FlowCellPlan {
  readonly expand: ConvolutionPlan;
  readonly spatial: DepthwisePlan;
  readonly reduce: ConvolutionPlan;
  readonly mirrored: boolean;
  readonly parameters: readonly ParameterSpec[];
}

/** Plans two cells for each of `pairs`; the second is mirrored. */
export function planFlow(name: string, channels: number, pairs: number): FlowCellPlan[] {
  return Array.from({ length: 2 * pairs }, (_, j) =>
    planFlowCell(`${name}.model.${j}`, channels, j % 2 === 1),
  );
}

function planFlowCell(name: string, channels: number, mirrored: boolean): FlowCellPlan {
  const hidden = expansion * channels;
  const plain = { stride: 1 as const, bias: true };
  const expand = { ...plain, name: `${name}.model.0`, kernel: 3, inChannels: channels, outChannels: hidden };
  const spatial = { name: `${name}.model.2`, kernel: 5, channels: hidden, bias: true };
  const reduce = { ...plain, name: `${name}.model.5`, kernel: 1, inChannels: hidden, outChannels: channels };
  const parameters = [
    ...convolutionParameters(expand),
    ...depthwiseParameters(spatial),
    ...convolutionParameters(reduce),
  ];
  return { expand, spatial, reduce, mirrored, parameters };
}

/** Maps `[B, h, w, K]` to the same shape. */
export function flow(pass: Pass, cells: readonly FlowCellPlan[], z: tf.Tensor4D): tf.Tensor4D {
  return cells.reduce((value, cell) => tf.sub(value, shift(pass, cell, value)), z);
}

/** Computes g(z) of one cell. The two consecutive activations are as in the reference. */
function shift(pass: Pass, cell: FlowCellPlan, z: tf.Tensor4D): tf.Tensor4D {
  const { expand, spatial, reduce, mirrored } = cell;
  const weight = (name: string) => pass.store.parameter(`${name}.weight`);
  const bias = (name: string) => pass.store.parameter(`${name}.bias`);
  const expandMask = flowMask(3, expand.inChannels, expand.outChannels, mirrored);
  const spatialMask = flowMask(5, 1, 1, mirrored);
  const reduceMask = flowMask(1, reduce.inChannels, reduce.outChannels, mirrored);
  let y: tf.Tensor4D = tf.add(convolve(z, tf.mul(weight(expand.name), expandMask)), bias(expand.name));
  y = convolveDepthwise(tf.elu(y), tf.mul(weight(spatial.name), spatialMask));
  y = tf.elu(tf.elu(tf.add(y, bias(spatial.name))));
  return tf.add(convolve(y, tf.mul(weight(reduce.name), reduceMask)), bias(reduce.name));
}

/**
 * Returns which weights of `[kernel, kernel, in, out]` are used: all rows above the centre, no rows below it, and in the
 * centre row those right of the centre. The mirrored mask is rotated by 180 degrees. At the centre itself, a latent channel
 * sees only lower channels: the expanding convolution (strictly lower) and the reducing one (lower or equal) ensure this
 * together. With one channel in and out, as in the depthwise mask, a channel sees itself.
 */
export function flowMask(
  kernel: number,
  inChannels: number,
  outChannels: number,
  mirrored: boolean,
): tf.Tensor4D {
  const centre = (kernel - 1) / 2;
  const shape = [kernel, kernel, inChannels, outChannels] as const;
  const mask = new Float32Array(sizeOf(shape));
  mask.forEach((_, at) => {
    const output = at % outChannels;
    const input = Math.floor(at / outChannels) % inChannels;
    const pixel = Math.floor(at / (outChannels * inChannels));
    const place = mirrored ? kernel * kernel - 1 - pixel : pixel;
    const row = Math.floor(place / kernel);
    const column = place % kernel;
    if (row === centre && column === centre)
      mask[at] = Number(centreCounts(input, output, inChannels, outChannels));
    else mask[at] = Number(row < centre || (row === centre && column > centre));
  });
  return tf.tensor4d(mask, [...shape]);
}

function centreCounts(input: number, output: number, inChannels: number, outChannels: number): boolean {
  if (inChannels < outChannels) return input < Math.floor(output / expansion);
  if (inChannels > outChannels) return Math.floor(input / expansion) <= output;
  return true;
}
