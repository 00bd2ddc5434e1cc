/** One image file as pixels of the model's size. */
import sharp from 'sharp';
import { readBytes } from '../config/files.js';

/** Of any format; the pixels of the largest image, not packed at all, are less. */
const largestFile = 2 ** 29;
const largestDrawing = 2 ** 22;

/**
 * One image as bytes `[size, size, 3]`: upright, transparent parts on white, the middle of it.
 * @throws Error when the file is missing, damaged or no image; its message may have several lines
 */
export async function decodeImage(path: string, size: number, maxPixels = 1e8): Promise<Uint8Array> {
  // Bytes rather than the path: an SVG that has no place cannot ask for other files, such as a pipe that never answers.
  const bytes = await readBytes(path, largestFile);
  checkDrawing(bytes);
  const keepsAlpha = isPngOfSize(bytes, size);
  const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels })
    .rotate()
    .flatten(!keepsAlpha && { background: '#ffffff' })
    .resize(size, size, { fit: 'cover', position: 'centre' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (keepsAlpha && info.channels === 4) return onWhite(data);
  if (info.channels !== 3) throw new Error(`expected three channels, got ${info.channels}`);
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

/**
 * Whether these are the first bytes of a PNG of this height and width, of at most 8 bits. It is not resized, so its alpha
 * can go last, which takes a third of the time: the decoder would draw the background by a pipeline of its own.
 */
function isPngOfSize(bytes: Buffer, size: number): boolean {
  const begin = '\x89PNG\r\n\x1A\n\0\0\0\rIHDR';
  if (bytes.length < 25 || bytes.toString('latin1', 0, begin.length) !== begin) return false;
  return bytes.readUInt32BE(16) === size && bytes.readUInt32BE(20) === size && bytes.readUInt8(24) <= 8;
}

/** Red, green and blue of pixels with alpha, put on white and rounded as the decoder does it. */
export function onWhite(pixels: Uint8Array): Uint8Array {
  const result = new Uint8Array((pixels.length / 4) * 3);
  for (let source = 0, target = 0; source < pixels.length; source += 4, target += 3) {
    const alpha = pixels[source + 3] ?? 0;
    const white = 255 * (255 - alpha);
    result[target] = ((pixels[source] ?? 0) * alpha + white) / 255;
    result[target + 1] = ((pixels[source + 1] ?? 0) * alpha + white) / 255;
    result[target + 2] = ((pixels[source + 2] ?? 0) * alpha + white) / 255;
  }
  return result;
}

/** What it takes to draw an SVG is not bounded by its size in pixels, nor by its size in bytes once those are packed. */
function checkDrawing(bytes: Buffer): void {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new Error('packed with gzip; unpack it first');
  const isDrawing = bytes.toString('latin1', 0, 1000).trimStart().startsWith('<');
  if (isDrawing && bytes.length > largestDrawing) {
    throw new Error(`${bytes.length} bytes of SVG, more than ${largestDrawing}`);
  }
}
