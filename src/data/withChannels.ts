import { colourPixels } from '../base/colourPixels.js';
import { greyPixels } from '../base/greyPixels.js';
import type { ImageChannels } from '../config/types.js';
import type { SizedImage } from './sizedImage.js';

/** An image in grey, or in red, green and blue; the same one if it is that already. */
export function withChannels(image: SizedImage, channels: ImageChannels): SizedImage {
  const { width, height, pixels } = image;
  if (pixels.length === width * height * channels) return image;
  return { width, height, pixels: channels === 1 ? greyPixels(pixels) : colourPixels(pixels) };
}
