/**
 * Decoder cell: a 1x1 convolution that expands the channels, a depthwise 5x5 convolution, a 1x1 convolution that reduces
 * them, squeeze-excitation. An upsampling cell doubles the image size and halves the channels.
 */
import { expansion, upsampleNearest2x } from '../../engine/ops.js';
import type * as tf from '../../engine/tf.js';
import { batchNorm, normStatistics } from '../layers/batchNorm.js';
import type { BatchNormPlan } from '../layers/batchNormPlan.js';
import { batchNormParameters } from '../layers/batchNormPlan.js';
import type { ConvolutionPlan, DepthwisePlan } from '../layers/convolution.js';
import {
  convolution,
  convolutionParameters,
  convolutionSpectral,
  depthwise,
  depthwiseParameters,
  depthwiseSpectral,
} from '../layers/convolution.js';
import { inSequence } from '../layers/inSequence.js';
import { planSkipUp, skipUp } from '../layers/skip.js';
import type { SqueezeExcitationPlan } from '../layers/squeezeExcitation.js';
import { squeezeExcitationParameters } from '../layers/squeezeExcitation.js';
import type { Pass } from '../pass.js';
import type { CellLayers } from './cell.js';
import { joinBranch } from './cell.js';

export interface DecoderCellPlan extends CellLayers {
  readonly norm1: BatchNormPlan;
  readonly expand: ConvolutionPlan;
  readonly norm2: BatchNormPlan;
  readonly spatial: DepthwisePlan;
  readonly norm3: BatchNormPlan;
  readonly reduce: ConvolutionPlan;
  readonly norm4: BatchNormPlan;
  readonly excitation: SqueezeExcitationPlan;
  /** Null for the identity, in a cell that does not upsample. */
  readonly skip: ConvolutionPlan | null;
}

export function planDecoderCell(
  name: string,
  inChannels: number,
  outChannels: number,
  expansion: number,
  upsample: boolean,
): DecoderCellPlan {
  const layer = (index: number) => `${name}.model.${index}`;
  const hidden = expansion * inChannels;
  const norm1 = { name: layer(1), channels: inChannels };
  const pointwise = { kernel: 1, stride: 1 as const, bias: false };
  const expand = { ...pointwise, name: layer(2), inChannels, outChannels: hidden };
  const norm2 = { name: layer(3), channels: hidden };
  const spatial = { name: layer(5), kernel: 5, channels: hidden, bias: false };
  const norm3 = { name: layer(6), channels: hidden };
  const reduce = { ...pointwise, name: layer(8), inChannels: hidden, outChannels };
  const norm4 = { name: layer(9), channels: outChannels };
  const excitation = { name: layer(10), channels: outChannels };
  const skip = upsample ? planSkipUp(name, inChannels, outChannels) : null;
  const parameters = [
    ...batchNormParameters(norm1),
    ...convolutionParameters(expand),
    ...batchNormParameters(norm2),
    ...depthwiseParameters(spatial),
    ...batchNormParameters(norm3),
    ...convolutionParameters(reduce),
    ...batchNormParameters(norm4),
    ...squeezeExcitationParameters(excitation),
    ...(skip ? convolutionParameters(skip) : []),
  ];
  const batchNorms = [norm1, norm2, norm3, norm4];
  const spectral = [convolutionSpectral(expand), depthwiseSpectral(spatial), convolutionSpectral(reduce)];
  const layers = { norm1, expand, norm2, spatial, norm3, reduce, norm4, excitation, skip };
  return { ...layers, parameters, batchNorms, spectral };
}

/**
 * `[B, H, W, in]` to `[B, H, W, out]`, or `[B, 2 H, 2 W, out]`.
 *
 * The reference upsamples before everything else. All layers before the depthwise convolution treat every pixel alike, so
 * here the upsampling comes directly before the depthwise convolution, and the layers before it do a quarter of the work.
 */
export function decoderCell(pass: Pass, cell: DecoderCellPlan, x: tf.Tensor4D): tf.Tensor4D {
  const y = pass.mode === 'train' ? trainedBranch(pass, cell, x) : branch(pass, cell, x);
  const skip = cell.skip ? skipUp(pass, cell.skip, x) : x;
  return joinBranch(pass, cell.excitation, skip, y);
}

function trainedBranch(pass: Pass, cell: DecoderCellPlan, x: tf.Tensor4D): tf.Tensor4D {
  const repeats = cell.skip ? 4 : 1;
  return inSequence(x, [
    (input) => batchNorm(pass, cell.norm1, input, 'none', repeats),
    (input) => batchNorm(pass, cell.norm2, convolution(pass, cell.expand, input), 'silu', repeats),
    (input) => depthwise(pass, cell.spatial, cell.skip ? upsampleNearest2x(input) : input),
    (input) => batchNorm(pass, cell.norm3, input, 'silu'),
    (input) => batchNorm(pass, cell.norm4, convolution(pass, cell.reduce, input), 'none'),
  ]);
}

/** With running averages, all of it is one operation. */
function branch({ store }: Pass, cell: DecoderCellPlan, x: tf.Tensor4D): tf.Tensor4D {
  const normalized = ({ name }: { readonly name: string }, norm: BatchNormPlan) => ({
    filter: store.parameter(`${name}.weight`),
    norm: normStatistics(store, norm),
  });
  return expansion(x, {
    before: normStatistics(store, cell.norm1),
    expand: normalized(cell.expand, cell.norm2),
    spatial: normalized(cell.spatial, cell.norm3),
    reduce: normalized(cell.reduce, cell.norm4),
    upsample: cell.skip !== null,
  });
}
