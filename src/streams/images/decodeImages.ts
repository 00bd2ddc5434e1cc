import { map, type OperatorFunction } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { describeValue, printable } from '../../base/messageText.js';
import type { ImageFit } from '../../config/imageFit.js';
import type { ImageChannels } from '../../config/types.js';
import type { DatasetItem } from '../../data/dataset.js';
import type { DecodedImage } from '../../data/decodedImage.js';
import type { ImageCache } from '../../data/imageCache.js';
import type { ImageFile } from '../../data/imageFile.js';
import { imageFiles } from '../../data/imageFiles.js';
import { type Decoder, itemPixels, peekPixels, type SkippedImage } from '../../data/itemPixels.js';
import { keyedUniform } from '../../model/random.js';
import type { AugmentOptions } from './augment.js';
import { checkedFit } from './checkedFit.js';
import type { Recipe } from './recipe.js';

/**
 * Options of decoding that apply to files and dataset items. Those of `ImageFit` are also the keys of a configuration, and default to the
 * defaults of these.
 */
export interface DecodeOptions extends Partial<ImageFit> {
  /** Height and width of the images. */
  readonly size: number;
  /** Colours of a pixel: 3, or 1 for a model of grey images (its `imageChannels`). @default 3 */
  readonly channels?: ImageChannels;
  /**
   * Key of the places of `randomCrop`, together with the image's name. @default none: crops are at `fitPosition`
   */
  readonly randomKey?: Pick<AugmentOptions, 'seed' | 'epoch'>;
  /** Files with more pixels are refused before memory is allocated. @default 268,402,689, as in sharp */
  readonly maxPixels?: number;
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
}

/**
 * Recipes of decoded images. Files are rotated according to their EXIF orientation, transparent parts become white (`background`), the
 * shorter side is resized and the longer one cropped to the centre (`fit`). A `Dataset` returns files, images of any size, or squares of
 * its own. Grey becomes RGB; with
 * `channels: 1` RGB becomes grey instead: the luma of ITU-R BT.601, 0.299 red + 0.587 green + 0.114 blue of the 8-bit values.
 *
 *     images         a--b--|
 *     decodeImages   A--B--|    A.make() decodes a
 *
 * For a damaged image `make` resolves to null, with a warning that names it. The same holds for one that cannot be read at the
 * moment; the next call of `make` tries it again. `make` rejects as soon as its signal aborts, even if the dataset ignores it.
 *
 * @param options the size, a cache, and the dataset if the items are not files
 * @throws RangeError at call time when the size is not a positive integer, `channels` is neither 1 nor 3, or an option of the fit is
 *   not allowed
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
  const { size, channels = 3, cache, randomKey, maxPixels, onWarning } = options;
  checkCount('decodeImages', 'size', size);
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(`decodeImages: channels must be 1 or 3, got ${describeValue(channels)}`);
  }
  const fit = checkedFit('decodeImages', options);
  const dataset = options.dataset ?? imageFiles();
  const decoding = { size, channels, fit, maxPixels, cache };
  const randomOf = ({ name }: DatasetItem) =>
    randomKey && keyedUniform(randomKey.seed, `random crop/${name}`, randomKey.epoch);
  const onSkipped = (skipped: SkippedImage) => onWarning?.(skippedMessage(skipped), skipped);
  return map((item) => ({
    images: 1,
    make: async (signal) => {
      signal?.throwIfAborted();
      const pixels = await itemPixels(dataset, item, {
        ...decoding,
        random: randomOf(item),
        signal,
        onSkipped,
      });
      return pixels && { name: item.name, size, pixels };
    },
    peek: () => {
      const pixels = peekPixels(dataset, item, { ...decoding, random: randomOf(item) });
      return pixels && { name: item.name, size, pixels };
    },
  }));
}

function skippedMessage({ path, why, reason }: SkippedImage): string {
  const unread = why === 'unread' ? 'could not be read, will be tried again: ' : '';
  return `${printable(path)}: skipped: ${unread}${reason}`;
}
