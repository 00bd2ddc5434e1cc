import { type MonoTypeOperatorFunction, map } from 'rxjs';
import type { AugmentationConfig } from '../config/types.js';
import { keyedGenerator } from '../model/random.js';
import type { DecodedImage, Recipe } from './recipe.js';

/** A new image for the given one, which stays as it is. `random` gives values in [0, 1), the same at every call. */
export type Augmentation = (
  image: DecodedImage,
  random: () => number,
) => DecodedImage | Promise<DecodedImage>;

export interface AugmentOptions {
  readonly seed: number;
  readonly epoch: number;
}

/**
 * Vary each image when it is made.
 *
 *     recipes   a--b--|
 *     augment   A--B--|
 *
 * What is drawn goes by (seed, epoch, the image's name): it does not depend on order, batches or a resume. An
 * augmentation that throws fails the recipe's `make`.
 */
export function augment(
  augmentation: AugmentationConfig | Augmentation,
  { seed, epoch }: AugmentOptions,
): MonoTypeOperatorFunction<Recipe<DecodedImage>> {
  const apply = typeof augmentation === 'function' ? augmentation : configured(augmentation);
  return map((recipe) => ({
    images: recipe.images,
    make: async (signal) => {
      const image = await recipe.make(signal);
      if (!image) return null;
      const generator = keyedGenerator(seed, `augment/${image.name}`, epoch);
      return apply(image, () => (generator.next() >>> 0) * 2 ** -32);
    },
  }));
}

function configured({ horizontalFlip }: AugmentationConfig): Augmentation {
  return (image, random) => (horizontalFlip && random() < 0.5 ? mirrored(image) : image);
}

/** Left and right exchanged. */
export function mirrored({ name, size, pixels }: DecodedImage): DecodedImage {
  const result = new Uint8Array(pixels.length);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const from = 3 * (row * size + size - 1 - column);
      const to = 3 * (row * size + column);
      result[to] = pixels[from] ?? 0;
      result[to + 1] = pixels[from + 1] ?? 0;
      result[to + 2] = pixels[from + 2] ?? 0;
    }
  }
  return { name, size, pixels: result };
}
