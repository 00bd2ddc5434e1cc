import { map, type OperatorFunction } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { printable } from '../../base/messageText.js';
import type { DatasetItem } from '../../data/dataset.js';
import type { DecodedImage } from '../../data/decodedImage.js';
import type { ImageCache } from '../../data/imageCache.js';
import type { ImageFile } from '../../data/imageFile.js';
import { imageFiles } from '../../data/imageFiles.js';
import { type Decoder, itemPixels, peekPixels, type SkippedImage } from '../../data/itemPixels.js';
import type { Recipe } from './recipe.js';

/** What decoding takes, whatever the images are. */
export interface DecodeOptions {
  /** Height and width of the images. */
  readonly size: number;
  /** Keeps decoded images; without one every call of `make` decodes. The caller closes it. */
  readonly cache?: ImageCache;
  /**
   * Called for each image that is skipped: for a damaged one once if there is a cache, for one that could not be read at the moment
   * each time.
   */
  readonly onWarning?: (message: string, skipped: SkippedImage) => void;
}

/** For the items of a dataset. */
export interface DecodeItemsOptions<Item extends DatasetItem> extends DecodeOptions {
  /** The dataset that the items are from. */
  readonly dataset: Decoder<Item>;
}

/** For files. */
export interface DecodeImagesOptions extends DecodeOptions {
  /** None: files decode the same way in every folder. */
  readonly dataset?: undefined;
  /** Images with more pixels are refused before they take memory. @default 268,402,689, as sharp */
  readonly maxPixels?: number;
}

/**
 * Recipes of decoded images. Files are turned upright by their EXIF entry, transparent parts are put on white, grey becomes RGB, the
 * shorter side is resized and the middle of the longer one kept; a `Dataset` decodes its items by itself.
 *
 *     images         a--b--|
 *     decodeImages   A--B--|    A.make() decodes a
 *
 * An image that is damaged makes null, with a warning that names it. So does one that cannot be read at the moment; the next call of
 * `make` tries it again. `make` rejects as soon as its signal aborts, even if the dataset does not listen to it.
 *
 * @param options the size, a cache, and the dataset unless the items are files
 * @throws RangeError at call time when the size is not a positive integer
 * @throws DatasetError from `make` when a dataset returns something else than `[size, size, 3]` bytes
 *
 * @example
 * images(dataset).pipe(shuffle(1, 0), decodeImages({ dataset, size: 64 }), batch(16), trainStep(trainer));
 */
export function decodeImages<Item extends DatasetItem>(
  options: DecodeItemsOptions<Item>,
): OperatorFunction<Item, Recipe<DecodedImage>>;
export function decodeImages(options: DecodeImagesOptions): OperatorFunction<ImageFile, Recipe<DecodedImage>>;
export function decodeImages(
  options: DecodeItemsOptions<ImageFile> | DecodeImagesOptions,
): OperatorFunction<ImageFile, Recipe<DecodedImage>> {
  const { size, cache, onWarning } = options;
  checkCount('decodeImages', 'size', size);
  const dataset = options.dataset ?? imageFiles(options.maxPixels);
  const onSkipped = (skipped: SkippedImage) => onWarning?.(skippedMessage(skipped), skipped);
  return map((item) => ({
    images: 1,
    make: async (signal) => {
      signal?.throwIfAborted();
      const pixels = await itemPixels(dataset, item, { size, cache, signal, onSkipped });
      return pixels && { name: item.name, size, pixels };
    },
    peek: () => {
      const pixels = peekPixels(dataset, item, size, cache);
      return pixels && { name: item.name, size, pixels };
    },
  }));
}

function skippedMessage({ path, why, reason }: SkippedImage): string {
  const unread = why === 'unread' ? 'could not be read, will be tried again: ' : '';
  return `${printable(path)}: skipped: ${unread}${reason}`;
}
