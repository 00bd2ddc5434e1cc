import { map, type OperatorFunction } from 'rxjs';
import type { ImageBatch } from '../../base/plainData.js';

export interface GridOptions {
  /** Images beside each other. @default the smallest square that holds them */
  readonly columns?: number;
}

/**
 * The images of each batch in one picture, row by row, without gaps between them; missing ones at the end are black.
 *
 *     batches   a--b--|    [9, 32, 32, 3]
 *     toGrid    A--B--|    [1, 96, 96, 3]
 *
 * @throws RangeError at call time when `columns` is no positive integer
 */
export function toGrid({ columns }: GridOptions = {}): OperatorFunction<ImageBatch, ImageBatch> {
  if (columns !== undefined && (!Number.isInteger(columns) || columns < 1)) {
    throw new RangeError(`toGrid: expected columns to be a positive integer, got ${columns}`);
  }
  return map((batch) => grid(batch, columns));
}

/** One picture of a batch. */
export function grid({ pixels, shape }: ImageBatch, columns?: number): ImageBatch {
  const [count, height, width] = shape;
  const across = columns ?? Math.max(1, Math.ceil(Math.sqrt(count)));
  const down = Math.ceil(count / across);
  const lineLength = width * 3;
  const result = new Uint8Array(down * height * across * lineLength);
  for (let i = 0; i < count; i += 1) {
    const [row, column] = [Math.floor(i / across), i % across];
    for (let y = 0; y < height; y += 1) {
      const from = (i * height + y) * lineLength;
      const to = ((row * height + y) * across + column) * lineLength;
      result.set(pixels.subarray(from, from + lineLength), to);
    }
  }
  return { pixels: result, shape: [1, down * height, across * width, 3] };
}
