import { colourPixels } from '../base/colourPixels.js';
import { greyPixels } from '../base/greyPixels.js';
import type { ImageChannels } from '../config/types.js';
import { channelsOf } from './channelsOf.js';

/** Pixels `[size, size, 1]` or `[size, size, 3]` with the wanted number of channels; the same array if they have it already. */
export function withChannels(pixels: Uint8Array, size: number, channels: ImageChannels): Uint8Array {
  if (channelsOf({ size, pixels }) === channels) return pixels;
  return channels === 1 ? greyPixels(pixels) : colourPixels(pixels);
}
