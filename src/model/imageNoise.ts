import * as tf from '../engine/tf.js';
import { sizeOf } from './parameterSpec.js';
import { keyedGenerator, type Noise, normalValues, uniformValues } from './random.js';

/**
 * Returns random numbers for the images of a batch. Those of an image depend only on seed, purpose, step, its key and the name of
 * the draw, not on the other images or its place in the batch.
 * @param seed seed of all images
 * @param purpose what the numbers are for; different purposes give unrelated numbers
 * @param keys one key per image of the batch, such as its name
 * @param step a number that changes with each use of the same images
 * @returns for draws whose first axis, or whose product of axes, counts the images one after the other
 * @example
 * const latents = model.encode(images, imageNoise(1, 'encode', names));
 */
export function imageNoise(
  seed: number,
  purpose: string,
  keys: readonly (string | number)[],
  step = 0,
): Noise {
  const joined = (draw: string, length: number, valuesOf: typeof normalValues) => {
    const perImage = length / keys.length;
    const values = new Float32Array(length);
    keys.forEach((key, i) => {
      const generator = keyedGenerator(seed, `${purpose}/${key}/${draw}`, step);
      values.set(valuesOf(generator, perImage), i * perImage);
    });
    return values;
  };
  const tensor = (draw: string, shape: readonly number[], valuesOf: typeof normalValues) =>
    tf.tensor(joined(draw, sizeOf(shape), valuesOf), [...shape]);
  return {
    normal: (draw, shape) => tensor(draw, shape, normalValues),
    normalValues: (draw, length) => joined(draw, length, normalValues),
    uniform: (draw, shape) => tensor(draw, shape, uniformValues),
  };
}
