import { map, type OperatorFunction } from 'rxjs';
import { messageOf } from '../config/errors.js';
import { cut } from '../config/shown.js';
import { decodeImage } from '../data/decodeImage.js';
import type { ImageCache } from '../data/imageCache.js';
import type { ImageFile } from '../data/imageFile.js';
import type { DecodedImage, Recipe } from './recipe.js';

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
