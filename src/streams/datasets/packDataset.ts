import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { concat, concatMap, defer, from, type Observable, of, range } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { describeValue, printable } from '../../base/messageText.js';
import type { ImageChannels } from '../../config/types.js';
import type { Dataset } from '../../data/dataset.js';
import { DatasetError } from '../../data/datasetError.js';
import type { FittedOptions } from '../../data/fit/fittedImage.js';
import { itemPixels, type SkippedImage } from '../../data/itemPixels.js';
import { itemAt } from '../../data/itemsOf.js';
import type { ImagePack } from '../../data/packs/imagePack.js';
import { type NewFile, newFile } from '../../data/packs/newFile.js';
import { checkPackName, imagePack, packBytes } from '../../data/packs/packKinds.js';
import { mapAhead } from '../flow/mapAhead.js';
import { usingAsync } from '../flow/usingAsync.js';
import { checkedFit } from '../images/checkedFit.js';
import type { DatasetProgress } from './datasetEvents.js';
import type { SquareOptions } from './squareOptions.js';
import { type OpenDataset, usingDataset } from './usingDataset.js';

/** Options of `packDataset`. */
export interface PackDatasetOptions extends SquareOptions {
  /** Height and width of the images. */
  readonly size: number;
  /** Colours of a pixel: 3, or 1 for grey. @default 3 */
  readonly channels?: ImageChannels;
  /** Whether an existing file may be replaced. @default false */
  readonly replace?: boolean;
  /** Called for what the dataset leaves out, and for the first images that are left out. @default warnings are dropped */
  readonly onWarning?: (message: string) => void;
}

/** A file of decoded images is complete; the last event of `packDataset`. */
export interface DatasetPacked {
  /** Tells the events apart. */
  readonly type: 'packed';
  /** The file. */
  readonly path: string;
  /** Number of images in it. */
  readonly images: number;
  /** Number of images of the dataset that could not be read, and are not in it. */
  readonly skipped: number;
  /** Height and width of the images. */
  readonly size: number;
  /** Colours of a pixel. */
  readonly channels: ImageChannels;
  /** Size of the file. */
  readonly bytes: number;
}

/** Images decoded at a time; as many are prepared while these are written. */
const together = 16;
/** So many images that were left out are named. */
const mostWarnings = 10;

/**
 * Writes all images of a dataset to one file, decoded and resized as a model of this size gets them. `datasetAt` and `train` read it
 * like any other dataset, without decoding large files again.
 *
 *     packDataset   p---p---p---(pf)|    p progress at the start and after each few images, f the file
 *
 * `.npz` has one array `images` of NumPy, uint8 `[n, size, size, channels]`, in the order of the dataset, without names. `.tar` has PNG
 * files with the names of the images, so that the same images are held out. The pixels of both are exactly those that the dataset gives.
 * Memory does not depend on the number of images. Until the file is complete it has the name `<path>.partial`; after an error or an
 * unsubscribe that is gone. Images that cannot be read are left out with a warning.
 *
 * Cold.
 *
 * @param source a path, as `train` takes it, or a dataset
 * @param path the file, `.npz` or `.tar`; missing folders are created
 * @param options size and colours of the images, whether a file may be replaced
 * @throws RangeError at call time when a number is out of range
 * @throws Error at call time when the file has another extension; in the stream when it exists, or cannot be written
 * @throws DatasetError in the stream when the images cannot be listed, or none of them can be read
 *
 * @example
 * ```ts
 * import { packDataset } from 'rx-nvae';
 *
 * packDataset('photos', 'photos64.npz', { size: 64, onWarning: console.warn }).subscribe((event) => {
 *   if (event.type === 'packed') console.log(`${event.path}: ${event.images} images`);
 * });
 * ```
 */
export function packDataset(
  source: string | Dataset,
  path: string,
  options: PackDatasetOptions,
): Observable<DatasetProgress | DatasetPacked> {
  const { size, channels = 3, replace = false, maxPixels, onWarning = () => undefined } = options;
  checkCount('packDataset', 'size', size);
  if (channels !== 1 && channels !== 3)
    throw new RangeError(`packDataset: channels must be 1 or 3, got ${describeValue(channels)}`);
  const decoding = { size, channels, fit: checkedFit('packDataset', options), maxPixels };
  checkPackName(path);
  const written = (open: OpenDataset) =>
    usingAsync(
      () => newFile(path, replace),
      (file) => packed(open, path, file, decoding, onWarning),
      (file) => file.discard(),
    );
  return usingDataset(source, onWarning, (open) =>
    from(checkSpace(path, open.items.length, { size, channels })).pipe(concatMap(() => written(open))),
  );
}

/** The events for the listed items. */
function packed(
  { dataset, items }: OpenDataset,
  path: string,
  file: NewFile,
  decoding: FittedOptions,
  onWarning: (message: string) => void,
): Observable<DatasetProgress | DatasetPacked> {
  const { size, channels } = decoding;
  const total = items.length;
  const names = { length: total, name: (index: number) => itemAt(items, index).name };
  let [done, images] = [0, 0];
  const onSkipped = (skipped: SkippedImage) => {
    const number = done - images;
    if (number < mostWarnings) onWarning(skippedMessage(skipped));
  };
  const encoded = async (pack: ImagePack, index: number, signal: AbortSignal): Promise<Encoded> => {
    const item = itemAt(items, index);
    let skipped: SkippedImage | null = null;
    const keep = (found: SkippedImage) => {
      skipped = found;
    };
    const pixels = await itemPixels(dataset, item, { ...decoding, signal, onSkipped: keep });
    return { name: item.name, bytes: pixels && (await pack.encoded(pixels)), skipped };
  };
  const add = async (pack: ImagePack, all: readonly Encoded[]) => {
    for (const { name, bytes, skipped } of all) {
      if (skipped) onSkipped(skipped);
      if (bytes) await pack.add(name, bytes);
      done += 1;
      if (bytes) images += 1;
    }
    return progress();
  };
  const progress = (): DatasetProgress => ({ type: 'progress', images: done, total });
  const finish = async (pack: ImagePack): Promise<DatasetPacked> => {
    if (images === 0)
      throw new DatasetError(dataset.name, `none of its images could be read (${total}); see the warnings`);
    await pack.end();
    await file.finish();
    return { type: 'packed', path, images, skipped: total - images, size, channels, bytes: file.size };
  };
  return defer(() => {
    const pack = imagePack(path, file, { size, channels, names });
    const part = (number: number, signal: AbortSignal) => {
      const begin = number * together;
      const count = Math.min(together, total - begin);
      return Promise.all(Array.from({ length: count }, (_, i) => encoded(pack, begin + i, signal)));
    };
    // The numbers of parts, and not all images, wait for their turn.
    const parts$ = range(0, Math.ceil(total / together));
    const written$ = parts$.pipe(mapAhead(part, (all) => add(pack, all), { ahead: 1 }));
    return concat(
      of(progress()),
      written$,
      defer(() => finish(pack)),
    );
  });
}

/** An image ready to be written, or why there is none. */
interface Encoded {
  readonly name: string;
  readonly bytes: Uint8Array | null;
  readonly skipped: SkippedImage | null;
}

/** @throws Error when the file would not fit on its disk */
async function checkSpace(
  path: string,
  images: number,
  of: Required<Pick<PackDatasetOptions, 'size' | 'channels'>>,
): Promise<void> {
  const disk = await statfs(dirname(path)).catch(() => null);
  const [needed, free] = [
    packBytes(path, images, of),
    disk ? disk.bavail * disk.bsize : Number.POSITIVE_INFINITY,
  ];
  if (needed <= free) return;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  throw new Error(
    `${path}: needs ${megabytes(needed)}, but only ${megabytes(free)} are free; free some space, or choose another disk`,
  );
}

function skippedMessage({ path, reason }: SkippedImage): string {
  return `${printable(path)}: left out: ${reason}`;
}
