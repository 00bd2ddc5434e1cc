import { bufferCount, map, type OperatorFunction, pipe } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import type { NamedImages } from '../../base/plainData.js';
import { channelsOf } from '../../data/channelsOf.js';
import type { DecodedImage } from '../../data/decodedImage.js';
import type { Recipe } from './recipe.js';

/**
 * Combines recipes of images into recipes of batches with the images' names; the last batch may be smaller.
 *
 *     recipes    a--b--c--|
 *     batch(2)   ---B-----(C|)    B.make() makes a and b
 *
 * A damaged image makes its batch smaller; if all are damaged, `make` resolves to null. The images of a batch are made
 * concurrently.
 *
 * @param size number of images per batch
 * @throws RangeError at call time when the size is not a positive integer
 *
 * @example
 * recipes$.pipe(batch(16), trainStep(trainer));
 */
export function batch(size: number): OperatorFunction<Recipe<DecodedImage>, Recipe<NamedImages>> {
  checkCount('batch', 'size', size);
  return pipe(
    bufferCount<Recipe<DecodedImage>>(size),
    map((recipes) => ({
      images: recipes.reduce((sum, recipe) => sum + recipe.images, 0),
      make: async (signal) => {
        signal?.throwIfAborted();
        const made = recipes.map((recipe) => recipe.peek?.() ?? recipe.make(signal));
        const images = made.every(isImage) ? made : await Promise.all(made);
        return toBatch(images.filter((image) => image !== null));
      },
    })),
  );
}

function isImage(made: DecodedImage | Promise<DecodedImage | null>): made is DecodedImage {
  return 'pixels' in made;
}

/**
 * Combines images into a batch; null if there are none.
 * @throws RangeError when they differ in size or in their number of channels
 */
export function toBatch(images: readonly DecodedImage[]): NamedImages | null {
  const [first] = images;
  if (!first) return null;
  const channels = channelsOf(first);
  const length = first.size * first.size * channels;
  const pixels = new Uint8Array(images.length * length);
  images.forEach((image, i) => {
    if (image.size !== first.size) {
      throw new RangeError(
        `batch: expected images of size ${first.size}, got ${image.name} of ${image.size}`,
      );
    }
    if (image.pixels.length !== length) {
      const [expected, got] = [`${first.size} x ${first.size} x ${channels}`, image.pixels.length];
      throw new RangeError(
        `batch: expected ${length} values per image (${expected}), got ${got} of ${image.name}`,
      );
    }
    pixels.set(image.pixels, i * length);
  });
  return {
    pixels,
    shape: [images.length, first.size, first.size, channels],
    names: images.map(({ name }) => name),
  };
}
