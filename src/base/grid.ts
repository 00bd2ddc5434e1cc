import type { ImageBatch } from './plainData.js';

/**
 * Puts the images of a batch side by side in one picture, row by row, without gaps; empty cells are black.
 *
 * @param batch `[count, height, width, channels]`; not modified
 * @param columns images per row; by default the columns of the smallest square grid that holds all images
 * @returns `[1, rows * height, columns * width, channels]`
 *
 * @example
 * ```ts
 * import { grid } from 'rx-nvae';
 *
 * const picture = grid({ pixels: new Uint8Array(9 * 32 * 32 * 3), shape: [9, 32, 32, 3] }); // [1, 96, 96, 3]
 * ```
 */
export function grid({ pixels, shape }: ImageBatch, columns?: number): ImageBatch {
  const [count, height, width, channels] = shape;
  const across = columns ?? Math.max(1, Math.ceil(Math.sqrt(count)));
  const down = Math.ceil(count / across);
  const lineLength = width * channels;
  const result = new Uint8Array(down * height * across * lineLength);
  for (let i = 0; i < count; i += 1) {
    const [row, column] = [Math.floor(i / across), i % across];
    for (let y = 0; y < height; y += 1) {
      const from = (i * height + y) * lineLength;
      const to = ((row * height + y) * across + column) * lineLength;
      result.set(pixels.subarray(from, from + lineLength), to);
    }
  }
  return { pixels: result, shape: [1, down * height, across * width, channels] };
}
