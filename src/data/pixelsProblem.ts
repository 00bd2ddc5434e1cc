import { describeValue } from '../base/messageText.js';

/** What is wrong with pixels that should be `[size, size, 3]` bytes, as the end of a sentence; null for nothing. */
export function pixelsProblem(pixels: unknown, size: number): string | null {
  const length = 3 * size * size;
  // By its tag: an array of another realm is no instance of this one's class.
  const isBytes = Object.prototype.toString.call(pixels) === '[object Uint8Array]';
  if (isBytes && (pixels as Uint8Array).length === length) return null;
  const got = isBytes ? `${(pixels as Uint8Array).length} values` : kindOf(pixels);
  return `must be a Uint8Array of ${length} values (${size} x ${size} x 3), got ${got}`;
}

function kindOf(value: unknown): string {
  return ArrayBuffer.isView(value) ? `a ${value.constructor.name}` : describeValue(value);
}
