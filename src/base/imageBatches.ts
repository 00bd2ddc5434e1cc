/** Extracts single images from batches and joins batches. */
import type { ImageBatch } from './plainData.js';

/**
 * Copies one image out of a batch, so that the rest of the batch can be freed.
 * @param batch the images
 * @param index position of the image in the batch, starting at 0
 * @returns a batch that contains only this image
 * @example
 * const first = imageAt(await model.sampleImages(9, 0.7), 0);
 */
export function imageAt({ pixels, shape }: ImageBatch, index: number): ImageBatch {
  const [, height, width, channels] = shape;
  const length = height * width * channels;
  return { pixels: pixels.slice(index * length, (index + 1) * length), shape: [1, height, width, channels] };
}

/**
 * Joins batches into one, in order.
 * @param batches at least one batch; all images must have the same size and number of channels
 * @returns a copy of all images
 * @throws RangeError when `batches` is empty, or the sizes or numbers of channels differ
 * @example
 * const batch = joinImages([imageAt(samples, 3), imageAt(samples, 5)]);
 */
export function joinImages(batches: readonly ImageBatch[]): ImageBatch {
  const [first] = batches;
  if (!first) throw new RangeError('joinImages: expected a batch, got none');
  const [, height, width, channels] = first.shape;
  const count = batches.reduce((sum, { shape }) => sum + shape[0], 0);
  const pixels = new Uint8Array(count * height * width * channels);
  let offset = 0;
  for (const batch of batches) {
    const [, otherHeight, otherWidth, otherChannels] = batch.shape;
    if (otherHeight !== height || otherWidth !== width) {
      const got = `${height}x${width} and ${otherHeight}x${otherWidth}`;
      throw new RangeError(`joinImages: expected images of one size, got ${got}`);
    }
    if (otherChannels !== channels) {
      const got = `${channels} and ${otherChannels} channels`;
      throw new RangeError(`joinImages: expected all images in grey or all in colour, got ${got}`);
    }
    pixels.set(batch.pixels, offset);
    offset += batch.pixels.length;
  }
  return { pixels, shape: [count, height, width, channels] };
}

/**
 * Divides a batch into parts, as equal as possible, in order.
 * @param batch the images; the parts share its memory
 * @param parts number of parts; a batch of fewer images has one part for each
 * @example
 * const sizes = partsOf(batch, 3).map(({ shape }) => shape[0]); // of 8 images: 3, 3 and 2
 */
export function partsOf(batch: ImageBatch, parts: number): ImageBatch[] {
  return partsOfSizes(batch, partSizes(batch.shape[0], parts));
}

/** Divides a batch into parts with these numbers of images, in order. The parts share its memory. */
export function partsOfSizes({ pixels, shape }: ImageBatch, sizes: readonly number[]): ImageBatch[] {
  const [, height, width, channels] = shape;
  const length = height * width * channels;
  let first = 0;
  return sizes.map((size) => {
    const part = pixels.subarray(first * length, (first + size) * length);
    first += size;
    return { pixels: part, shape: [size, height, width, channels] };
  });
}

/** The number of images in each part of `partsOf`. */
export function partSizes(count: number, parts: number): number[] {
  const number = Math.min(parts, count);
  return Array.from({ length: number }, (_, i) => Math.floor(count / number) + (i < count % number ? 1 : 0));
}
