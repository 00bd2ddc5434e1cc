import sharp from 'sharp';
import type { StoredImage } from './storedImage.js';

/** Colour spaces of one value per pixel. */
const grey = new Set(['b-w', 'grey16']);

/** How the image in the bytes of a file is stored. The file is one that can be decoded; only its header is read. */
export async function storedInBytes(bytes: Buffer): Promise<StoredImage> {
  const { format, compression, autoOrient, space, hasAlpha } = await sharp(bytes, {
    limitInputPixels: false,
  }).metadata();
  return {
    format: format === 'heif' && compression === 'av1' ? 'avif' : format,
    width: autoOrient.width,
    height: autoOrient.height,
    channels: grey.has(space) ? 1 : 3,
    alpha: hasAlpha,
  };
}
