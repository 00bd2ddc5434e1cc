import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { type MonoTypeOperatorFunction, map } from 'rxjs';
import type { AugmentationConfig } from '../../config/types.js';
import { configuredAugmentation } from '../../data/configuredAugmentation.js';
import type { DecodedImage } from '../../data/decodedImage.js';
import { keyedGenerator } from '../../model/random.js';
import type { Recipe } from './recipe.js';

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
  const random = (image: DecodedImage) => drawing(seed, image.name, epoch);
  if (typeof augmentation === 'function') {
    return map((recipe) => varied(recipe, (image) => augmentation(image, random(image))));
  }
  const configured = configuredAugmentation(augmentation);
  const vary = (image: DecodedImage) => configured(image, random(image));
  const kept = (recipe: Recipe<DecodedImage>) => {
    const image = recipe.kept?.() ?? null;
    return image && vary(image);
  };
  return map((recipe) => ({ ...varied(recipe, vary), kept: () => kept(recipe) }));
}

function varied(
  recipe: Recipe<DecodedImage>,
  vary: (image: DecodedImage) => DecodedImage | Promise<DecodedImage>,
): Recipe<DecodedImage> {
  return {
    images: recipe.images,
    make: async (signal) => {
      const image = await recipe.make(signal);
      return image && vary(image);
    },
  };
}

/** Draws for one image; the generator is made for the first of them. */
function drawing(seed: number, name: string, epoch: number): () => number {
  let generator: RandomGenerator | null = null;
  return () => {
    generator ??= keyedGenerator(seed, `augment/${name}`, epoch);
    return (generator.next() >>> 0) * 2 ** -32;
  };
}
