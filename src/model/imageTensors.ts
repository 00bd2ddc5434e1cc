/** Converts between bytes and the tensors that the model uses. */

import type { ImageBatch } from '../base/plainData.js';
import * as tf from '../engine/tf.js';
import { NonFiniteImagesError } from './nonFiniteImagesError.js';

/** The values 0 to 255 on the scale 0 to 1, rounded once. */
const scale = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/**
 * Converts images in bytes to a tensor.
 * @param batch images of the given size
 * @param size width and height of the model's images, in pixels
 * @param colours colours of a pixel: 3, or 1 for a model of grey images
 * @returns `[B, size, size, colours]` in [0, 1]; the caller disposes of it
 * @throws RangeError when the batch is empty, or has images of another size or number of colours
 * @example
 * const tensor = imagesToTensor(batch, model.config.inputDimension, model.config.imageChannels);
 * const { parameters } = model.forward(tensor, keyedNoise(1, 'example', 0), 'eval');
 */
export function imagesToTensor(batch: ImageBatch, size: number, colours = 3): tf.Tensor4D {
  checkImages(batch, size, colours);
  const { pixels, shape } = batch;
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < values.length; i += 1) values[i] = scale[pixels[i] ?? 0] ?? 0;
  return tf.tensor4d(values, [shape[0], size, size, colours]);
}

/**
 * Checks that images have the size of a model's.
 * @throws RangeError when the batch is empty or has images of another size
 */
export function checkImages({ pixels, shape }: ImageBatch, size: number, colours: number): void {
  const [batch, height, width, channels] = shape;
  const length = batch * size * size * colours;
  if (batch < 1 || height !== size || width !== size || channels !== colours || pixels.length !== length) {
    const got = `[${shape.join(', ')}] with ${pixels.length} bytes`;
    const remedy = channels === colours ? '' : `; decode them with channels ${colours}`;
    throw new RangeError(
      `images: expected [batch, ${size}, ${size}, ${colours}] with ${length} bytes, got ${got}${remedy}`,
    );
  }
}

/**
 * Converts a tensor of images to bytes. Reads the values asynchronously from the engine.
 * @param images `[B, height, width, colours]` in [0, 1]; the caller keeps it
 * @returns the images as bytes: one grey, or red, green and blue, for each pixel
 * @throws NonFiniteImagesError when an image has a colour that is NaN
 * @example
 * const tensor = model.sample(4, 0.7, keyedNoise(1, 'example', 0));
 * const batch = await imagesFromTensor(tensor);
 * tensor.dispose();
 */
export async function imagesFromTensor(images: tf.Tensor4D): Promise<ImageBatch> {
  const [batch, height, width, colours] = images.shape;
  const values = await images.data<'float32'>();
  const length = height * width * colours;
  const pixels = new Uint8Array(values.length);
  const damaged = new Set<number>();
  for (let i = 0; i < pixels.length; i += 1) {
    const value = values[i] ?? 0;
    pixels[i] = Math.round(value * 255);
    if (Number.isNaN(value)) damaged.add(Math.floor(i / length));
  }
  if (damaged.size > 0) throw new NonFiniteImagesError(damaged.size, batch);
  return { pixels, shape: [batch, height, width, colours === 1 ? 1 : 3] };
}
