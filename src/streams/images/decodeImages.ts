import { map, type OperatorFunction } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { printable } from '../../base/messageText.js';
import type { DecodedImage } from '../../data/decodedImage.js';
import type { ImageCache } from '../../data/imageCache.js';
import type { ImageFile } from '../../data/imageFile.js';
import { imagePixels, type SkippedImage } from '../../data/imagePixels.js';
import type { Recipe } from './recipe.js';

export interface DecodeImagesOptions {
  /** Height and width of the images: the shorter side is resized to it, the middle of the longer one kept. */
  readonly size: number;
  /** Keeps what was decoded; without one every call of `make` decodes. The caller closes it. */
  readonly cache?: ImageCache;
  /**
   * Told of each file that is skipped: a damaged one once where there is a cache, one that could not be read just now each
   * time.
   */
  readonly onWarning?: (message: string, skipped: SkippedImage) => void;
  /** Larger images are refused before they take memory. @default 268,402,689, as sharp */
  readonly maxPixels?: number;
}

/**
 * Recipes of decoded images: turned upright by their EXIF entry, transparent parts on white, grey as RGB.
 *
 *     images         a--b--|
 *     decodeImages   A--B--|    A.make() decodes a
 *
 * A file that is damaged or no image makes null, with a warning that names it. So does one that cannot be read just now;
 * the next call of `make` tries it again.
 *
 * @throws RangeError at call time when the size is no positive integer
 */
export function decodeImages(
  options: DecodeImagesOptions,
): OperatorFunction<ImageFile, Recipe<DecodedImage>> {
  const { size, cache, maxPixels, onWarning } = options;
  checkCount('decodeImages', 'size', size);
  const onSkipped = (skipped: SkippedImage) => onWarning?.(skippedWords(skipped), skipped);
  return map((file) => ({
    images: 1,
    make: async (signal) => {
      signal?.throwIfAborted();
      const pixels = await imagePixels(file, { size, cache, maxPixels, onSkipped });
      return pixels && { name: file.name, size, pixels };
    },
    kept: () => {
      const pixels = cache?.kept?.(file, size) ?? null;
      return pixels && { name: file.name, size, pixels };
    },
  }));
}

function skippedWords({ file, why, reason }: SkippedImage): string {
  const unread = why === 'unread' ? 'could not be read just now, will be tried again: ' : '';
  return `${printable(file.path)}: skipped: ${unread}${reason}`;
}
