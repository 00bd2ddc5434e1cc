/**
 * The two passes through the network: from images up to one feature map per latent group, and from latents down to the raw
 * parameters of the output distribution.
 */
import * as tf from '../engine/tf.js';
import { runCell } from './cells/cell.js';
import type { DecoderCellPlan } from './cells/decoderCell.js';
import { decoderCell } from './cells/decoderCell.js';
import type { EncoderCellPlan } from './cells/encoderCell.js';
import { encoderCell } from './cells/encoderCell.js';
import { inSequence } from './layers/inSequence.js';
import { cropImages, padImages } from './layers/padding.js';
import { weightNormConvolution } from './layers/weightNormConvolution.js';
import type { Pass } from './pass.js';
import type { LatentGroupPlan, ModelPlan } from './plan.js';
import { paddedDimension } from './plan.js';

/** Maps images `[B, H, W, colours]` to the features of every latent group, level 0 first: `[B, size, size, channels]`. */
export function encoderTower(pass: Pass, plan: ModelPlan, images: tf.Tensor4D): tf.Tensor4D[] {
  const run = (cell: EncoderCellPlan) => (x: tf.Tensor4D) => runCell(encoderCell, pass, cell, x);
  const padded = paddedDimension(plan.config);
  const pad = padded === plan.config.inputDimension ? [] : [(x: tf.Tensor4D) => padImages(x, padded)];
  const stem = (x: tf.Tensor4D) => weightNormConvolution(pass, plan.stem, x);
  let x = inSequence(images, [...pad, stem, ...plan.preprocess.map(run)]);
  const features = plan.encoderBlocks.map((cells) => {
    x = inSequence(x, cells.map(run));
    return x;
  });
  return features.reverse();
}

/** Chooses the latent z `[B, size, size, latentSize]` of a group, given the decoder's features so far. */
export type LatentOf = (group: LatentGroupPlan, features: tf.Tensor4D) => tf.Tensor4D;

/** Maps latents to the raw parameters of the output distribution, `[B, H, W, outputChannels]`. */
export function decoderTower(pass: Pass, plan: ModelPlan, batch: number, latentOf: LatentOf): tf.Tensor4D {
  const start = pass.store.parameter(plan.decoderConstant.name);
  // One copy per image; unlike with tf.tile, the backward pass sums the gradient in one operation.
  let y: tf.Tensor4D = tf.add(start, tf.zeros([batch, 1, 1, 1]));
  const goOn = (layers: readonly ((x: tf.Tensor4D) => tf.Tensor4D)[]): void => {
    const next = inSequence(y, layers);
    y.dispose();
    y = next;
  };
  const run = (cell: DecoderCellPlan) => (x: tf.Tensor4D) => runCell(decoderCell, pass, cell, x);
  for (const group of plan.groups) {
    const z = latentOf(group, y);
    const mix = (x: tf.Tensor4D) => weightNormConvolution(pass, group.decoderMixer, tf.concat([x, z], 3));
    goOn([mix, ...group.cells.map(run)]);
  }
  const head = (x: tf.Tensor4D) => weightNormConvolution(pass, plan.head, tf.elu(x));
  const { inputDimension } = plan.config;
  const isPadded = paddedDimension(plan.config) !== inputDimension;
  const crop = isPadded ? [(x: tf.Tensor4D) => cropImages(x, inputDimension)] : [];
  goOn([...plan.postprocess.map(run), head, ...crop]);
  return y;
}
