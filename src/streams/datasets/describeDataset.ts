import {
  concat,
  concatMap,
  defer,
  filter,
  from,
  NEVER,
  type Observable,
  type ObservableInput,
  of,
  ReplaySubject,
  range,
  share,
  take,
  takeUntil,
} from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import type { Dataset } from '../../data/dataset.js';
import type { FittedOptions } from '../../data/fit/fittedImage.js';
import { itemPixels, type SkippedImage } from '../../data/itemPixels.js';
import { itemAt } from '../../data/itemsOf.js';
import type { StoredImage } from '../../data/storedImage.js';
import { mapAhead } from '../flow/mapAhead.js';
import { checkedFit } from '../images/checkedFit.js';
import type { DatasetEvent } from './datasetEvents.js';
import { type ExaminedImage, ImageTally } from './imageTally.js';
import type { SquareOptions } from './squareOptions.js';
import { type OpenDataset, usingDataset } from './usingDataset.js';

/** Options of `describeDataset`. */
export interface DescribeDatasetOptions extends SquareOptions {
  /**
   * Height and width at which images are decoded. What is said about pixels (duplicates, one colour, mean) holds for this size.
   * @default the median of the shorter sides of some images, at most 64
   */
  readonly size?: number | undefined;
  /** How many names each list has, at most. @default 10 */
  readonly names?: number;
  /** When it first emits, the report of the images that are done is emitted. @default never */
  readonly stop$?: ObservableInput<unknown>;
  /** Called for what the dataset leaves out, such as files in other formats. @default warnings are dropped */
  readonly onWarning?: (message: string) => void;
}

/** Images decoded at a time; as many are prepared while these are counted. */
const together = 16;
/** The default size comes from so many images. */
const sampled = 16;
const largestDefault = 64;

/**
 * Looks at every image of a dataset once: sizes, formats, colours, damage, duplicates, mean and standard deviation, and which
 * configuration fits.
 *
 *     describeDataset   p---p---p---(pr|)     p progress at the start and after each few images, r the report
 *     stop$             ---------x
 *     describeDataset   p---p---(pr|)
 *
 * Images are decoded as a model of this size would see them. Duplicates are images with the same decoded pixels, found by 64 bits of
 * their SHA-256. Sizes, formats and colours as stored come from `stored` of the dataset. Memory is 16 bytes per image, besides the
 * list of the dataset. If it is stopped while the images are listed, there is no report.
 *
 * Cold. Unsubscribing stops it and closes the dataset.
 *
 * @param source a path, as `train` takes it, or a dataset
 * @param options the size of decoded images, how many names to list, stop
 * @throws RangeError at call time when a number is out of range
 * @throws DatasetError in the stream when the images cannot be listed
 *
 * @example
 * ```ts
 * import { describeDataset } from 'rx-nvae';
 *
 * describeDataset('photos').subscribe((event) => {
 *   if (event.type === 'progress') console.log(`${event.images} of ${event.total}`);
 *   else console.log(event.formats, event.duplicates.groups, event.fits?.configuration);
 * });
 * ```
 */
export function describeDataset(
  source: string | Dataset,
  options: DescribeDatasetOptions = {},
): Observable<DatasetEvent> {
  const { size, names = 10, stop$: given = NEVER, maxPixels, onWarning = () => undefined } = options;
  if (size !== undefined) checkCount('describeDataset', 'size', size);
  checkCount('describeDataset', 'names', names);
  const decoding = { channels: 3, fit: checkedFit('describeDataset', options), maxPixels } as const;
  return defer(() => {
    const stop$ = from(given).pipe(
      take(1),
      share({ connector: () => new ReplaySubject(1), resetOnComplete: false, resetOnRefCountZero: false }),
    );
    let isListed = false;
    const events$ = usingDataset(source, onWarning, (open) => {
      isListed = true;
      return from(size === undefined ? sizeOfSome(open) : [size]).pipe(
        concatMap((chosen) => described(open, { ...decoding, size: chosen }, names, stop$)),
      );
    });
    return events$.pipe(takeUntil(stop$.pipe(filter(() => !isListed))));
  });
}

/** The events for the listed items. */
function described(
  { dataset, items }: OpenDataset,
  decoding: FittedOptions,
  names: number,
  stop$: Observable<unknown>,
): Observable<DatasetEvent> {
  const { size } = decoding;
  const total = items.length;
  const tally = new ImageTally(total, (index) => itemAt(items, index).name, size, names);
  const progress$ = defer(() => of<DatasetEvent>({ type: 'progress', images: tally.images, total }));
  const examine = (part: number, signal: AbortSignal) => {
    const begin = part * together;
    const count = Math.min(together, total - begin);
    const all = Array.from({ length: count }, (_, i) =>
      examined({ dataset, items }, begin + i, decoding, signal),
    );
    return Promise.all(all);
  };
  const add = (images: readonly ExaminedImage[]) => {
    for (const image of images) tally.add(image);
    return progress$;
  };
  const report$ = defer(() => {
    const { images, ...more } = tally.tallied();
    const about = { dataset: dataset.name, images, total, stopped: images < total, size };
    return of<DatasetEvent>({ type: 'report', ...about, ...more });
  });
  // The numbers of parts, and not all images, wait for their turn.
  const parts$ = range(0, Math.ceil(total / together));
  return concat(progress$, parts$.pipe(mapAhead(examine, add, { ahead: 1, stop$ })), report$);
}

async function examined(
  { dataset, items }: OpenDataset,
  index: number,
  decoding: FittedOptions,
  signal: AbortSignal,
): Promise<ExaminedImage> {
  const item = itemAt(items, index);
  let skipped: SkippedImage | undefined;
  const onSkipped = (found: SkippedImage) => {
    skipped = found;
  };
  const pixels = await itemPixels(dataset, item, { ...decoding, signal, onSkipped });
  if (pixels)
    return { index, name: item.name, pixels, stored: await storedAt({ dataset, items }, index, signal) };
  if (!skipped) throw new Error('internal: an image without pixels has no reason');
  return { index, name: item.name, pixels: skipped, stored: null };
}

/** Null if it is unknown, or cannot be found out at the moment. */
async function storedAt(
  { dataset, items }: OpenDataset,
  index: number,
  signal: AbortSignal,
): Promise<StoredImage | null> {
  try {
    return (await dataset.stored?.(itemAt(items, index), signal)) ?? null;
  } catch {
    return null;
  }
}

/** A size at which most images need not be enlarged. */
async function sizeOfSome(open: OpenDataset): Promise<number> {
  const { length } = open.items;
  const count = Math.min(length, sampled);
  const places = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * length) / count));
  const { signal } = new AbortController();
  const found = await Promise.all(places.map((place) => storedAt(open, place, signal)));
  const sides = found.flatMap((stored) => (stored ? [Math.min(stored.width, stored.height)] : []));
  sides.sort((a, b) => a - b);
  return Math.min(largestDefault, sides[Math.floor((sides.length - 1) / 2)] ?? largestDefault);
}
