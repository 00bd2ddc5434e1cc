import { describeValue } from '../base/messageText.js';
import type { ImageChannels } from '../config/types.js';
import { isBytes } from './isBytes.js';

/**
 * Describes what is wrong with pixels that should be `[size, size, channels]` bytes, as the end of a sentence; null if nothing is.
 * @param channels the allowed numbers of channels
 */
export function pixelsProblem(
  pixels: unknown,
  size: number,
  channels: readonly ImageChannels[],
): string | null {
  const lengths = channels.map((count) => count * size * size);
  if (isBytes(pixels) && lengths.includes(pixels.length)) return null;
  const got = isBytes(pixels) ? `${pixels.length} values` : kindOf(pixels);
  const allowed = channels.map((count, i) => `${lengths[i]} values (${size} x ${size} x ${count})`);
  return `must be a Uint8Array of ${allowed.join(' or ')}, got ${got}`;
}

function kindOf(value: unknown): string {
  return ArrayBuffer.isView(value) ? `a ${value.constructor.name}` : describeValue(value);
}
