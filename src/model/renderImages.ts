import { nextTurn } from '../base/nextTurn.js';
import type { ImageBatch } from '../base/plainData.js';
import * as tf from '../engine/tf.js';
import { imagesFromTensor } from './imageTensors.js';

/**
 * Compute images on the engine, give the event loop a turn, and read them as bytes.
 *
 * @param compute runs at once, inside `tf.tidy`; returns `[batch, height, width, 3]` in [0, 1]
 * @returns plain data; no tensor is left, also when it rejects
 * @throws NonFiniteImagesError when a colour is not a number
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
