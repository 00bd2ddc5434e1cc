import { map, type OperatorFunction } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { describeValue, printable } from '../../base/messageText.js';
import type { ImageChannels } from '../../config/types.js';
import type { DatasetItem } from '../../data/dataset.js';
import type { DecodedImage } from '../../data/decodedImage.js';
import type { ImageCache } from '../../data/imageCache.js';
import type { ImageFile } from '../../data/imageFile.js';
import { imageFiles } from '../../data/imageFiles.js';
import { type Decoder, itemPixels, peekPixels, type SkippedImage } from '../../data/itemPixels.js';
import type { Recipe } from './recipe.js';

/** Options of decoding that apply to files and dataset items. */
export interface DecodeOptions {
  /** Height and width of the images. */
  readonly size: number;
  /** Colours of a pixel: 3, or 1 for a model of grey images (its `imageChannels`). @default 3 */
  readonly channels?: ImageChannels;
  /** Keeps decoded images; without a cache every call of `make` decodes. The caller closes it. */
  readonly cache?: ImageCache;
  /**
   * Called for each skipped image: once for a damaged one if there is a cache, and each time for one that cannot be read at the
   * moment.
   */
  readonly onWarning?: (message: string, skipped: SkippedImage) => void;
}

/** Options for the items of a dataset. */
export interface DecodeItemsOptions<Item extends DatasetItem> extends DecodeOptions {
  /** The dataset that contains the items. */
  readonly dataset: Decoder<Item>;
}

/** Options for files. */
export interface DecodeImagesOptions extends DecodeOptions {
  /** Not set: files decode the same way in every folder. */
  readonly dataset?: undefined;
  /** Images with more pixels are refused before memory is allocated. @default 268,402,689, as in sharp */
  readonly maxPixels?: number;
}

/**
 * Recipes of decoded images. Files are rotated according to their EXIF orientation, transparent parts become white, the
 * shorter side is resized and the longer one cropped to the centre. A `Dataset` decodes its own items. Grey becomes RGB; with
 * `channels: 1` RGB becomes grey instead: the luma of ITU-R BT.601, 0.299 red + 0.587 green + 0.114 blue of the 8-bit values.
 *
 *     images         a--b--|
 *     decodeImages   A--B--|    A.make() decodes a
 *
 * For a damaged image `make` resolves to null, with a warning that names it. The same holds for one that cannot be read at the
 * moment; the next call of `make` tries it again. `make` rejects as soon as its signal aborts, even if the dataset ignores it.
 *
 * @param options the size, a cache, and the dataset if the items are not files
 * @throws RangeError at call time when the size is not a positive integer, or `channels` is neither 1 nor 3
 * @throws DatasetError from `make` when a dataset returns something other than `[size, size, 3]` or `[size, size, 1]` bytes
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
  const { size, channels = 3, cache, onWarning } = options;
  checkCount('decodeImages', 'size', size);
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(`decodeImages: channels must be 1 or 3, got ${describeValue(channels)}`);
  }
  const dataset = options.dataset ?? imageFiles(options.maxPixels);
  const onSkipped = (skipped: SkippedImage) => onWarning?.(skippedMessage(skipped), skipped);
  return map((item) => ({
    images: 1,
    make: async (signal) => {
      signal?.throwIfAborted();
      const pixels = await itemPixels(dataset, item, { size, channels, cache, signal, onSkipped });
      return pixels && { name: item.name, size, pixels };
    },
    peek: () => {
      const pixels = peekPixels(dataset, item, { size, channels, cache });
      return pixels && { name: item.name, size, pixels };
    },
  }));
}

function skippedMessage({ path, why, reason }: SkippedImage): string {
  const unread = why === 'unread' ? 'could not be read, will be tried again: ' : '';
  return `${printable(path)}: skipped: ${unread}${reason}`;
}
