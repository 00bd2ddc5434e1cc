import { nextTurn } from '../base/nextTurn.js';
import type { ImageBatch } from '../base/plainData.js';
import * as tf from '../engine/tf.js';
import { imagesFromTensor } from './imageTensors.js';

/**
 * Computes images on the engine, gives the event loop a turn, and reads the images as bytes.
 *
 * @param compute called immediately, inside `tf.tidy`; returns `[batch, height, width, channels]` in [0, 1]
 * @returns plain data; no tensor is left, even when it rejects
 * @throws NonFiniteImagesError when a colour is NaN
 */
export async function renderImages(compute: () => tf.Tensor4D): Promise<ImageBatch> {
  const images = tf.tidy(compute);
  try {
    await nextTurn();
    return await imagesFromTensor(images);
  } finally {
    images.dispose();
  }
}
