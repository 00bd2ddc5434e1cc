/** Images and recipes small enough to compare by eye. */
import type { ImageBatch } from '../../src/base/plainData.js';
import type { DecodedImage } from '../../src/data/decodedImage.js';
import type { Recipe } from '../../src/streams/images/recipe.js';

/** An image with one pixel per value, for a square number of values; all channels are the same. */
export function imageOf(name: string, ...values: number[]): DecodedImage {
  const size = Math.sqrt(values.length);
  return { name, size, pixels: Uint8Array.from(values.flatMap((value) => [value, value, value])) };
}

export function recipeOf(image: DecodedImage | null): Recipe<DecodedImage> {
  return { images: 1, make: async () => image };
}

/** Images of `size` by `size`, each of one grey. */
export function greyBatch(size: number, ...values: number[]): ImageBatch {
  const length = size * size * 3;
  return {
    pixels: Uint8Array.from(
      { length: values.length * length },
      (_, i) => values[Math.floor(i / length)] ?? 0,
    ),
    shape: [values.length, size, size, 3],
  };
}

/** The first channel of every pixel. */
export function greys({ pixels }: { readonly pixels: Uint8Array }): number[] {
  return [...pixels].filter((_, i) => i % 3 === 0);
}
