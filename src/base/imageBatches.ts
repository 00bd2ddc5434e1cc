/** Single images out of batches, and batches out of them. */
import type { ImageBatch } from './plainData.js';

/** A copy of one image as a batch of its own, which keeps nothing else of its batch in memory. */
export function imageAt({ pixels, shape }: ImageBatch, index: number): ImageBatch {
  const [, height, width, channels] = shape;
  const length = height * width * channels;
  return { pixels: pixels.slice(index * length, (index + 1) * length), shape: [1, height, width, channels] };
}

/**
 * All images in one batch, in their order; at least one batch, all of one size.
 * @throws RangeError when their sizes differ
 */
export function joinImages(batches: readonly ImageBatch[]): ImageBatch {
  const [first] = batches;
  if (!first) throw new RangeError('joinImages: expected a batch, got none');
  const [, height, width, channels] = first.shape;
  const count = batches.reduce((sum, { shape }) => sum + shape[0], 0);
  const pixels = new Uint8Array(count * height * width * channels);
  let offset = 0;
  for (const batch of batches) {
    if (batch.shape[1] !== height || batch.shape[2] !== width) {
      const got = `${batch.shape[1]}x${batch.shape[2]}`;
      throw new RangeError(`joinImages: expected images of one size, got ${height}x${width} and ${got}`);
    }
    pixels.set(batch.pixels, offset);
    offset += batch.pixels.length;
  }
  return { pixels, shape: [count, height, width, channels] };
}
