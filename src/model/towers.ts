/**
 * The two ways through the network: images up to one feature map per latent group, and latents back down to the raw
 * parameters of the output distribution.
 */
import * as tf from '../engine/tf.js';
import { runCell } from './cells/cell.js';
import { decoderCell } from './cells/decoderCell.js';
import { encoderCell } from './cells/encoderCell.js';
import { weightNormConvolution } from './layers/weightNormConvolution.js';
import type { Pass } from './pass.js';
import type { LatentGroupPlan, ModelPlan } from './plan.js';

/** Images `[B, H, W, 3]` to the features of every latent group, level 0 first: `[B, size, size, channels]`. */
export function encoderTower(pass: Pass, plan: ModelPlan, images: tf.Tensor4D): tf.Tensor4D[] {
  let x = weightNormConvolution(pass, plan.stem, images);
  for (const cell of plan.preprocess) x = runCell(encoderCell, pass, cell, x);
  const features = plan.encoderBlocks.map((cells) => {
    for (const cell of cells) x = runCell(encoderCell, pass, cell, x);
    return x;
  });
  return features.reverse();
}

/** Chooses the latent z `[B, size, size, latentSize]` of a group, given the decoder's features so far. */
export type LatentOf = (group: LatentGroupPlan, features: tf.Tensor4D) => tf.Tensor4D;

/** Latents down to the raw parameters of the output distribution, `[B, H, W, outputChannels]`. */
export function decoderTower(pass: Pass, plan: ModelPlan, batch: number, latentOf: LatentOf): tf.Tensor4D {
  const start = pass.store.parameter(plan.decoderConstant.name);
  // One for each image; unlike tf.tile, adding sums the gradient in one operation.
  let y: tf.Tensor4D = tf.add(start, tf.zeros([batch, 1, 1, 1]));
  for (const group of plan.groups) {
    const z = latentOf(group, y);
    y = weightNormConvolution(pass, group.decoderMixer, tf.concat([y, z], 3));
    for (const cell of group.cells) y = runCell(decoderCell, pass, cell, y);
  }
  for (const cell of plan.postprocess) y = runCell(decoderCell, pass, cell, y);
  return weightNormConvolution(pass, plan.head, tf.elu(y));
}
