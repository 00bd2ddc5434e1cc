import { describeValue } from '../base/messageText.js';
import type { ImageChannels } from '../config/types.js';

/**
 * Describes what is wrong with pixels that should be `[size, size, channels]` bytes, as the end of a sentence; null if nothing is.
 * @param channels the allowed numbers of channels
 */
export function pixelsProblem(
  pixels: unknown,
  size: number,
  channels: readonly ImageChannels[],
): string | null {
  // Check the tag: an array from another realm is not an instance of this realm's class.
  const isBytes = Object.prototype.toString.call(pixels) === '[object Uint8Array]';
  const lengths = channels.map((count) => count * size * size);
  if (isBytes && lengths.includes((pixels as Uint8Array).length)) return null;
  const got = isBytes ? `${(pixels as Uint8Array).length} values` : kindOf(pixels);
  const allowed = channels.map((count, i) => `${lengths[i]} values (${size} x ${size} x ${count})`);
  return `must be a Uint8Array of ${allowed.join(' or ')}, got ${got}`;
}

function kindOf(value: unknown): string {
  return ArrayBuffer.isView(value) ? `a ${value.constructor.name}` : describeValue(value);
}
