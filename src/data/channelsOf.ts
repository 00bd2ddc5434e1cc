import type { ImageChannels } from '../config/types.js';
import type { DecodedImage } from './decodedImage.js';

/** The colours of a pixel of an image: 1 for grey, 3 for red, green and blue. */
export function channelsOf({ size, pixels }: Pick<DecodedImage, 'size' | 'pixels'>): ImageChannels {
  return pixels.length === size * size ? 1 : 3;
}
