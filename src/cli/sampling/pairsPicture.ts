import { grid } from '../../base/grid.js';
import { joinImages } from '../../base/imageBatches.js';
import type { ImageBatch } from '../../base/plainData.js';

/**
 * One picture of pairs: a row of originals above the row of their reconstructions, then the next originals. Empty cells are black.
 *
 * @param columns most images per row; fewer images make a narrower picture
 */
export function pairsPicture(originals: ImageBatch, images: ImageBatch, columns: number): ImageBatch {
  const [count, height, width, channels] = originals.shape;
  const across = Math.min(columns, count);
  const length = height * width * channels;
  const rows: ImageBatch[] = [];
  for (let begin = 0; begin < count; begin += across) {
    for (const { pixels } of [originals, images]) {
      const row = new Uint8Array(across * length);
      row.set(pixels.subarray(begin * length, Math.min(count, begin + across) * length));
      rows.push({ pixels: row, shape: [across, height, width, channels] });
    }
  }
  return grid(joinImages(rows), across);
}
