/** The pixels of one item of a dataset, from the cache or decoded. */
import { messageOf } from '../base/errors.js';
import { cut, printable } from '../base/messageText.js';
import { defaultFit, fitKey } from '../config/imageFit.js';
import type { Dataset, DatasetItem } from './dataset.js';
import { DatasetError } from './datasetError.js';
import { type FittedOptions, fittedImage } from './fit/fittedImage.js';
import { frameSide, placeIn, squareOf } from './fit/frame.js';
import { packFrame, unpackFrame } from './fit/packedFrame.js';
import type { CacheKey, ImageCache } from './imageCache.js';
import { originalOf } from './joined/itemCopies.js';
import { orAborted } from './orAborted.js';
import { isUnread } from './unreadImageError.js';

/** An item without pixels. */
export interface SkippedImage {
  /** The item, as the dataset listed it. */
  readonly item: DatasetItem;
  /** Its path, or the names of the dataset and the item; for people. */
  readonly path: string;
  /**
   * `damaged`: it cannot be decoded until it changes. `unread`: it could not be read at the moment, or changed meanwhile, and
   * is tried again at the next call.
   */
  readonly why: 'damaged' | 'unread';
  /** One line for people. */
  readonly reason: string;
}

/** The part of a dataset that decoding needs; without a name it stands for files in any folder. */
export type Decoder<Item extends DatasetItem> = Pick<
  Dataset<Item>,
  'decode' | 'currentVersion' | 'cached'
> & {
  readonly name?: string;
};

export interface ItemPixelsOptions extends FittedOptions {
  /** Random numbers in [0, 1) for the place of a random crop. @default none: it is at `fitPosition` */
  readonly random?: (() => number) | undefined;
  readonly cache?: ImageCache | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for each damaged item, once if there is a cache, and each time for an item that could not be read. */
  readonly onSkipped?: ((skipped: SkippedImage) => void) | undefined;
}

/**
 * Returns bytes `[size, size, channels]`; null for an item that is skipped.
 * @throws DatasetError when the dataset returns something else
 */
export async function itemPixels<Item extends DatasetItem>(
  dataset: Decoder<Item>,
  given: Item,
  options: ItemPixelsOptions,
): Promise<Uint8Array | null> {
  const item = originalOf(given);
  const { size, cache: givenCache, signal = new AbortController().signal, onSkipped } = options;
  const cache = cacheOf(dataset, givenCache);
  const key = cacheKey(dataset, item, options);
  const kept = await cache?.get(key, size);
  if (kept) return cropped(kept, options);
  const current = async () =>
    dataset.currentVersion ? orAborted(signal, () => dataset.currentVersion?.(item, signal)) : item.version;
  const damagedAs = (version: string | undefined) => cacheKey(dataset, { ...item, version }, options);
  for (let attempt = 1; ; attempt += 1) {
    let version: string | undefined;
    try {
      // Damage is remembered per version: an item that was repaired, or is complete by now, is decoded.
      version = await current();
      if (cache && (await cache.get(damagedAs(version), size)) === null) return null;
      const pixels = await orAborted(signal, () => decodedFrame(dataset, item, options, signal));
      await cache?.set(key, size, pixels);
      return cropped(pixels, options);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DatasetError) throw error;
      const isRead = !isUnread(error);
      const isDamaged = isRead && (await current().catch(() => null)) === version;
      // If the item changed after its version was looked up, the decoder may have seen another version: retry once.
      if (isRead && !isDamaged && attempt === 1) continue;
      if (isDamaged) await cache?.set(damagedAs(version), size, null);
      const why = isDamaged ? 'damaged' : 'unread';
      const reason = cut(printable(messageOf(error)), 200);
      onSkipped?.({ item, path: placeOf(dataset, item), why, reason });
      return null;
    }
  }
}

/** Returns the pixels if they are in memory and need no waiting; null otherwise. */
export function peekPixels<Item extends DatasetItem>(
  dataset: Decoder<Item>,
  item: Item,
  options: Omit<ItemPixelsOptions, 'signal' | 'onSkipped'>,
): Uint8Array | null {
  const key = cacheKey(dataset, originalOf(item), options);
  const kept = cacheOf(dataset, options.cache)?.peek?.(key, options.size);
  return kept ? cropped(kept, options) : null;
}

/**
 * Reads an image without a cache, as bytes `[size, size, channels]`.
 * @throws what `decode` throws; DamagedImageError, DatasetError
 */
export async function decodedPixels<Item extends DatasetItem>(
  dataset: Pick<Decoder<Item>, 'decode' | 'name'>,
  item: Item,
  options: Omit<ItemPixelsOptions, 'cache' | 'onSkipped'>,
): Promise<Uint8Array> {
  const { signal = new AbortController().signal } = options;
  return cropped(await decodedFrame(dataset, item, options, signal), options);
}

/** What the cache keeps of an image: its frame, packed if it is not the square of the model's size. */
async function decodedFrame<Item extends DatasetItem>(
  dataset: Pick<Decoder<Item>, 'decode' | 'name'>,
  item: Item,
  options: FittedOptions,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { size, fit = defaultFit } = options;
  const result = await dataset.decode(item, frameSide(size, fit), signal);
  signal.throwIfAborted();
  const frame = await fittedImage(result, { dataset: dataset.name ?? '', item: item.name }, options);
  return fit.randomCrop === null ? frame.pixels : packFrame(frame);
}

/** The square of the model's size in what the cache keeps. */
function cropped(
  kept: Uint8Array,
  { size, fit = defaultFit, random }: Pick<ItemPixelsOptions, 'size' | 'fit' | 'random'>,
): Uint8Array {
  if (fit.randomCrop === null) return kept;
  const frame = unpackFrame(kept);
  const room = { right: frame.width - size, down: frame.height - size };
  const anywhere = (most: number) => Math.floor((most + 1) * (random?.() ?? 0));
  const place = random
    ? { left: anywhere(room.right), top: anywhere(room.down) }
    : placeIn(room, fit.fitPosition);
  return squareOf(frame, size, place);
}

function cacheOf({ cached = true }: { readonly cached?: boolean }, cache: ImageCache | undefined) {
  return cached ? cache : undefined;
}

/** The cache key of an item. Printed paths that are not UTF-8 may coincide with others; no path contains a zero character. */
function cacheKey(
  { name = '' }: { readonly name?: string },
  item: KeyedItem,
  { channels, fit }: Pick<FittedOptions, 'channels' | 'fit'>,
): CacheKey {
  const { path, pathBytes, version } = item;
  const key = pathBytes ? `\0${pathBytes.toString('latin1')}` : (path ?? `\0${name}\0${item.name}`);
  return { key, version, channels, fit: fit && fitKey(fit) };
}

type KeyedItem = Pick<DatasetItem, 'name' | 'path'> & {
  readonly version?: string | undefined;
  readonly pathBytes?: Buffer;
};

function placeOf({ name = '' }: { readonly name?: string }, item: DatasetItem): string {
  return item.path ?? `${name}: ${item.name}`;
}
