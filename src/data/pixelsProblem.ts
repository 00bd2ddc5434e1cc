import { describeValue } from '../base/messageText.js';

/** Describes what is wrong with pixels that should be `[size, size, 3]` bytes, as the end of a sentence; null if nothing is. */
export function pixelsProblem(pixels: unknown, size: number): string | null {
  const length = 3 * size * size;
  // Check the tag: an array from another realm is not an instance of this realm's class.
  const isBytes = Object.prototype.toString.call(pixels) === '[object Uint8Array]';
  if (isBytes && (pixels as Uint8Array).length === length) return null;
  const got = isBytes ? `${(pixels as Uint8Array).length} values` : kindOf(pixels);
  return `must be a Uint8Array of ${length} values (${size} x ${size} x 3), got ${got}`;
}

function kindOf(value: unknown): string {
  return ArrayBuffer.isView(value) ? `a ${value.constructor.name}` : describeValue(value);
}
