import { type MonoTypeOperatorFunction, map } from 'rxjs';
import type { AugmentationConfig } from '../config/types.js';
import { keyedGenerator } from '../model/random.js';
import { configuredAugmentation } from './configuredAugmentation.js';
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
 *
 * @param augmentation keys of a configuration's `augmentation`, those left out being off, or a function of your own
 */
export function augment(
  augmentation: Partial<AugmentationConfig> | Augmentation,
  { seed, epoch }: AugmentOptions,
): MonoTypeOperatorFunction<Recipe<DecodedImage>> {
  const apply = typeof augmentation === 'function' ? augmentation : configuredAugmentation(augmentation);
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
