/** Floats that were saved with another range than 0 to 1. */
import type { ByteSource } from '../bytes/byteSource.js';
import { type ArrayLayout, imageBytes, imageOffset, valueReader } from './arrayLayout.js';

/** Number of images that are looked at, spread over the array. */
const samples = 16;
/** Values so close to 0 to 1 come from rounding, also in 16 bits, and say nothing about the range of the others. */
const hair = 0.001;
/** Resizing with a sharp filter goes beyond the range of an image by about so much. */
const overshoot = 0.25;

/**
 * Checks the range of floats before work starts. Otherwise each image out of range would be skipped as damaged, and only what happens to
 * lie within it, such as black images, would be learned. NaN and infinity are left to `imagePixels`: they are damage of one image.
 * @throws RangeError that names the range and what to do
 */
export async function checkRange(layout: ArrayLayout, bytes: ByteSource, signal: AbortSignal): Promise<void> {
  if (!layout.type.startsWith('f')) return;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  const looked = Math.min(samples, layout.count);
  const values = layout.height * layout.width * layout.channels;
  for (let sample = 0; sample < looked; sample += 1) {
    signal.throwIfAborted();
    const index = looked === 1 ? 0 : Math.round((sample * (layout.count - 1)) / (looked - 1));
    const read = await bytes.read(imageOffset(layout, index), imageBytes(layout));
    if (read.length < imageBytes(layout)) continue;
    const valueAt = valueReader(layout, read);
    for (let i = 0; i < values; i += 1) {
      const found = valueAt(i);
      if (!Number.isFinite(found)) continue;
      if (found < least) least = found;
      if (found > most) most = found;
    }
  }
  if (least >= -hair && most <= 1 + hair) return;
  if (least > most) return; // not one number
  const range = `its values are from ${rounded(least)} to ${rounded(most)} (in ${looked} of ${layout.count} images)`;
  throw new RangeError(`${range}, but floats must be from 0 (black) to 1 (white); ${remedy(least, most)}`);
}

function remedy(least: number, most: number): string {
  if (least > -overshoot && most < 1 + overshoot) return 'save numpy.clip(x, 0, 1)';
  if (least >= -1 - hair && most <= 1 + hair) return 'save (x + 1) / 2';
  if (least >= -hair && most <= 255 + 255 * hair) return 'save x / 255, or the values as uint8';
  return 'save (x - x.min()) / (x.max() - x.min())';
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(6)));
}
