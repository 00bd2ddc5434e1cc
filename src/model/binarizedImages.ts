import { binarized } from '../base/binarized.js';
import type { ImageBatch } from '../base/plainData.js';
import type { Binarize } from '../config/types.js';
import { keyedUniform } from './random.js';

/** Options of `binarizedImages`. */
export interface BinarizeImagesOptions {
  /** Seed of the draws for `dynamic`. @default 0 */
  readonly seed?: number;
  /**
   * One key per image, such as its name: the draws for an image depend on it and the seed only.
   * @default the place of the image in the batch, from 0
   */
  readonly keys?: readonly (string | number)[];
}

/**
 * Returns images whose values are 0 or 255, as a model of binary images needs them outside of training: the same image with the same
 * key and seed gives the same result. Binary images stay as they are.
 * @param images images of any size; unchanged
 * @param method `dynamic`: 255 with probability value / 255; `threshold`: 255 from 128 on; `none`: the given images
 * @param options seed and keys
 * @example
 * const binary = binarizedImages(images, model.binarize, { keys: images.names });
 */
export function binarizedImages<Images extends ImageBatch>(
  images: Images,
  method: Binarize,
  { seed = 0, keys }: BinarizeImagesOptions = {},
): Images {
  if (method === 'none') return images;
  const count = images.shape[0];
  const length = images.pixels.length / count;
  const pixels = new Uint8Array(images.pixels.length);
  for (let image = 0; image < count; image += 1) {
    const random = keyedUniform(seed, `binarize/${keys?.[image] ?? image}`, 0);
    const values = images.pixels.subarray(image * length, (image + 1) * length);
    pixels.set(binarized(values, method, random), image * length);
  }
  return { ...images, pixels };
}
