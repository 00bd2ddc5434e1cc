/**
 * Encoder cell: two 3x3 convolutions, each preceded by batch normalisation and SiLU, then squeeze-excitation. With stride 2,
 * the first convolution halves the image size.
 */
import type * as tf from '../../engine/tf.js';
import { batchNorm } from '../layers/batchNorm.js';
import type { BatchNormPlan } from '../layers/batchNormPlan.js';
import { batchNormParameters } from '../layers/batchNormPlan.js';
import type { ConvolutionPlan } from '../layers/convolution.js';
import { convolution, convolutionParameters, convolutionSpectral } from '../layers/convolution.js';
import { inSequence } from '../layers/inSequence.js';
import { normalizedConvolution } from '../layers/normalizedConvolution.js';
import type { SkipDownPlan } from '../layers/skip.js';
import { planSkipDown, skipDown, skipDownParameters } from '../layers/skip.js';
import type { SqueezeExcitationPlan } from '../layers/squeezeExcitation.js';
import { squeezeExcitationParameters } from '../layers/squeezeExcitation.js';
import type { Pass } from '../pass.js';
import type { CellLayers } from './cell.js';
import { joinBranch } from './cell.js';

export interface EncoderCellPlan extends CellLayers {
  readonly norm1: BatchNormPlan;
  readonly convolution1: ConvolutionPlan;
  readonly norm2: BatchNormPlan;
  readonly convolution2: ConvolutionPlan;
  readonly excitation: SqueezeExcitationPlan;
  /** Null for the identity. */
  readonly skip: SkipDownPlan | null;
}

export function planEncoderCell(
  name: string,
  inChannels: number,
  outChannels: number,
  stride: 1 | 2,
): EncoderCellPlan {
  const layer = (index: number) => `${name}.model.${index}`;
  const norm1 = { name: layer(0), channels: inChannels };
  const convolution1 = { name: layer(2), kernel: 3, stride, inChannels, outChannels, bias: true };
  const norm2 = { name: layer(3), channels: outChannels };
  const convolution2 = { ...convolution1, name: layer(5), stride: 1 as const, inChannels: outChannels };
  const excitation = { name: layer(6), channels: outChannels };
  const skip = stride === 2 ? planSkipDown(name, inChannels, outChannels) : null;
  const parameters = [
    ...batchNormParameters(norm1),
    ...convolutionParameters(convolution1),
    ...batchNormParameters(norm2),
    ...convolutionParameters(convolution2),
    ...squeezeExcitationParameters(excitation),
    ...(skip ? skipDownParameters(skip) : []),
  ];
  const spectral = [convolutionSpectral(convolution1), convolutionSpectral(convolution2)];
  const layers = { norm1, convolution1, norm2, convolution2, excitation, skip };
  return { ...layers, parameters, batchNorms: [norm1, norm2], spectral };
}

/** `[B, H, W, in]` to `[B, H / stride, W / stride, out]`. */
export function encoderCell(pass: Pass, cell: EncoderCellPlan, x: tf.Tensor4D): tf.Tensor4D {
  const y = inSequence(x, [
    (input) => batchNorm(pass, cell.norm1, input, 'silu'),
    (input) => normalizedConvolution(pass, cell.convolution1, cell.norm2, input, 'silu'),
    (input) => convolution(pass, cell.convolution2, input),
  ]);
  const skip = cell.skip ? skipDown(pass, cell.skip, x) : x;
  return joinBranch(pass, cell.excitation, skip, y);
}
