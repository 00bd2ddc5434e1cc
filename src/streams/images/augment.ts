import { type MonoTypeOperatorFunction, map } from 'rxjs';
import { cut, printable } from '../../base/messageText.js';
import type { AugmentationConfig } from '../../config/types.js';
import { channelsOf } from '../../data/channelsOf.js';
import { configuredAugmentation } from '../../data/configuredAugmentation.js';
import type { DecodedImage } from '../../data/decodedImage.js';
import { pixelsProblem } from '../../data/pixelsProblem.js';
import { keyedUniform } from '../../model/random.js';
import type { Recipe } from './recipe.js';

/**
 * Returns a new image of the same size and with as many values per pixel; do not write to the pixels of the given one. `random`
 * returns values in [0, 1), the same ones at every call for the same image and epoch.
 *
 * @example
 * const brighter: Augmentation = (image, random) => {
 *   const gain = 1 + 0.2 * random();
 *   return { ...image, pixels: image.pixels.map((value) => Math.min(255, gain * value)) };
 * };
 */
export type Augmentation = (
  image: DecodedImage,
  random: () => number,
) => DecodedImage | Promise<DecodedImage>;

/** Key of the random draws, together with the image's name. */
export interface AugmentOptions {
  /** The run's seed. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  /**
   * Key that separates the draws of several augmentations in one pipe; with the same purpose they draw the same numbers.
   * @default 'augment'
   */
  readonly purpose?: string;
}

/**
 * Augments each image when it is made.
 *
 *     recipes   a--b--|
 *     augment   A--B--|
 *
 * Random draws depend only on seed, purpose, epoch and the image's name, not on order, batches or a resume.
 *
 * @param augmentation keys of a configuration's `augmentation` (omitted keys are off; `randomCrop` is an option of `decodeImages`), or
 *   your own function. If that throws, or
 *   returns something other than an image of the same size (TypeError), the recipe's `make` fails
 * @param options key of the random draws
 *
 * @example
 * recipes$.pipe(augment({ horizontalFlip: true, crop: 4 }, { seed: 1, epoch: 0 }), batch(16));
 */
export function augment(
  augmentation: Partial<Omit<AugmentationConfig, 'randomCrop'>> | Augmentation,
  { seed, epoch, purpose = 'augment' }: AugmentOptions,
): MonoTypeOperatorFunction<Recipe<DecodedImage>> {
  const random = (image: DecodedImage) => keyedUniform(seed, `${purpose}/${image.name}`, epoch);
  if (typeof augmentation === 'function') {
    const vary = async (image: DecodedImage) => checked(await augmentation(image, random(image)), image);
    return map((recipe) => varied(recipe, vary));
  }
  const configured = configuredAugmentation(augmentation);
  const vary = (image: DecodedImage) => configured(image, random(image));
  const peek = (recipe: Recipe<DecodedImage>) => {
    const image = recipe.peek?.() ?? null;
    return image && vary(image);
  };
  return map((recipe) => ({ ...varied(recipe, vary), peek: () => peek(recipe) }));
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

/** @throws TypeError when the result is not an image of the same size */
function checked(result: DecodedImage, image: DecodedImage): DecodedImage {
  const { name, size } = image;
  const problem = pixelsProblem(Object(result).pixels, size, [channelsOf(image)]);
  if (problem === null) return { name, size, pixels: result.pixels };
  throw new TypeError(`augment: the pixels of its result ${problem} for "${cut(printable(name))}"`);
}
