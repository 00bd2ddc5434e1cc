import { map, type OperatorFunction } from 'rxjs';
import sharp from 'sharp';
import { messageOf } from '../config/errors.js';
import { readBytes } from '../config/files.js';
import { cut } from '../config/shown.js';
import type { ImageCache } from './imageCache.js';
import type { ImageFile } from './images.js';
import type { DecodedImage, Recipe } from './recipe.js';

/** Of any format; the pixels of the largest image, not packed at all, are less. */
const largestFile = 2 ** 29;
const largestDrawing = 2 ** 22;

export interface DecodeImagesOptions {
  /** Height and width of the images: the shorter side is resized to it, the middle of the longer one kept. */
  readonly size: number;
  /** Keeps what was decoded; without one every call of `make` decodes. The caller closes it. */
  readonly cache?: ImageCache;
  /** Told of each damaged file, once where there is a cache. */
  readonly onWarning?: (message: string) => void;
  /** Larger images are refused before they take memory. @default 100 million */
  readonly maxPixels?: number;
}

/**
 * Recipes of decoded images: turned upright by their EXIF entry, transparent parts on white, grey as RGB.
 *
 *     images         a--b--|
 *     decodeImages   A--B--|    A.make() decodes a
 *
 * A file that is damaged or no image makes null, with a warning that names it.
 *
 * @throws RangeError at call time when the size is no positive integer
 */
export function decodeImages(
  options: DecodeImagesOptions,
): OperatorFunction<ImageFile, Recipe<DecodedImage>> {
  const { size, cache } = options;
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`decodeImages: expected a size that is a positive integer, got ${size}`);
  }
  return map((file) => ({
    images: 1,
    make: async (signal) => {
      signal?.throwIfAborted();
      const pixels = await pixelsOf(file, options);
      return pixels && { name: file.name, size, pixels };
    },
    kept: () => {
      const pixels = cache?.kept?.(file, size) ?? null;
      return pixels && { name: file.name, size, pixels };
    },
  }));
}

async function pixelsOf(file: ImageFile, options: DecodeImagesOptions): Promise<Uint8Array | null> {
  const { size, cache, onWarning, maxPixels = 1e8 } = options;
  const kept = await cache?.get(file, size);
  if (kept !== undefined) return kept;
  let pixels: Uint8Array | null = null;
  try {
    pixels = await decodeImage(file.path, size, maxPixels);
  } catch (error) {
    onWarning?.(`${printable(file.path)}: skipped, not a whole image: ${reason(error)}`);
  }
  await cache?.set(file, size, pixels);
  return pixels;
}

/** A name may hold line ends, and sequences that a terminal would obey. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}

/** Decoders list every complaint; the first tells what is wrong. */
function reason(error: unknown): string {
  const [first = ''] = messageOf(error).trim().split('\n');
  return cut(printable(first), 200);
}

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
