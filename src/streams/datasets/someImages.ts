import { concatMap, from, map, type Observable, range, toArray } from 'rxjs';
import { checkCount, checkSeed } from '../../base/checkNumbers.js';
import { joinImages } from '../../base/imageBatches.js';
import type { NamedImages } from '../../base/plainData.js';
import type { ImageChannels } from '../../config/types.js';
import type { Dataset } from '../../data/dataset.js';
import { itemAt } from '../../data/itemsOf.js';
import { keyedGenerator } from '../../model/random.js';
import { batch } from '../images/batch.js';
import { checkedFit } from '../images/checkedFit.js';
import { decodeImages } from '../images/decodeImages.js';
import type { SquareOptions } from './squareOptions.js';
import { usingDataset } from './usingDataset.js';

/** Options of `someImages`. */
export interface SomeImagesOptions extends SquareOptions {
  /** Number of images, at most. @default 32 */
  readonly count?: number;
  /** Height and width at which they are decoded. @default 64 */
  readonly size?: number;
  /** Colours of a pixel: 3, or 1 for grey. @default 3 */
  readonly channels?: ImageChannels;
  /** Chooses the images at random, always the same ones for a seed. @default spread evenly over the dataset */
  readonly seed?: number | undefined;
  /** Called for what the dataset leaves out, and for each image that cannot be read. @default warnings are dropped */
  readonly onWarning?: (message: string) => void;
}

/** Images decoded at a time. */
const together = 16;

/**
 * Some images of a dataset, to look at: one batch, in the order of the dataset, with their names. `toGrid` makes it a contact sheet.
 *
 *     someImages   -----(b|)
 *
 * Images that cannot be read are left out. Nothing is emitted if none of them can be read.
 *
 * Cold. Unsubscribing closes the dataset.
 *
 * @param source a path, as `train` takes it, or a dataset
 * @param options how many, their size, and how to choose them
 * @throws RangeError at call time when a number is out of range
 * @throws DatasetError in the stream when the images cannot be listed
 *
 * @example
 * ```ts
 * import { someImages, toGrid, writeImages } from 'rx-nvae';
 *
 * someImages('photos', { count: 40 })
 *   .pipe(toGrid({ columns: 8 }), writeImages('sheet.png', 'grid'))
 *   .subscribe((path) => console.log(path));
 * ```
 */
export function someImages(
  source: string | Dataset,
  options: SomeImagesOptions = {},
): Observable<NamedImages> {
  const { count = 32, size = 64, channels = 3, seed, onWarning = () => undefined } = options;
  checkCount('someImages', 'count', count);
  checkCount('someImages', 'size', size);
  if (seed !== undefined) checkSeed('someImages', seed);
  const { maxPixels, ...fit } = { ...checkedFit('someImages', options), maxPixels: options.maxPixels };
  return usingDataset(source, onWarning, ({ dataset, items }) => {
    const number = Math.min(count, items.length);
    const places = seed === undefined ? evenly(number, items.length) : randomly(number, items.length, seed);
    const decoding = { ...fit, ...(maxPixels && { maxPixels }), dataset, size, channels, onWarning };
    return range(0, Math.ceil(number / together)).pipe(
      concatMap((part) => {
        const some = places.slice(part * together, (part + 1) * together);
        return from(some.map((place) => itemAt(items, place))).pipe(
          decodeImages(decoding),
          batch(together),
          concatMap((recipe) => recipe.make()),
        );
      }),
      toArray(),
      concatMap((made) => {
        const batches = made.filter((one) => one !== null);
        return batches.length === 0 ? [] : [batches];
      }),
      map((batches) => ({ ...joinImages(batches), names: batches.flatMap(({ names }) => names) })),
    );
  });
}

/** Places in the middle of parts of equal length. */
function evenly(count: number, length: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * length) / count));
}

/** Different places in ascending order (Floyd's algorithm). */
function randomly(count: number, length: number, seed: number): number[] {
  const generator = keyedGenerator(seed, 'some images', 0);
  const chosen = new Set<number>();
  for (let last = length - count; last < length; last += 1) {
    const place = Math.floor((generator.next() >>> 0) * 2 ** -32 * (last + 1));
    chosen.add(chosen.has(place) ? last : place);
  }
  return [...chosen].sort((a, b) => a - b);
}
