/** The pixels of one item of a dataset, from the cache or decoded. */
import { messageOf } from '../base/errors.js';
import { cut, printable } from '../base/messageText.js';
import type { ImageChannels } from '../config/types.js';
import type { Dataset, DatasetItem } from './dataset.js';
import { DatasetError } from './datasetError.js';
import type { CacheKey, ImageCache } from './imageCache.js';
import { orAborted } from './orAborted.js';
import { pixelsProblem } from './pixelsProblem.js';
import { isUnread } from './unreadImageError.js';
import { withChannels } from './withChannels.js';

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

export interface ItemPixelsOptions {
  /** Height and width. */
  readonly size: number;
  /** Colours of a pixel: what the dataset returns is converted to them. */
  readonly channels: ImageChannels;
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
  item: Item,
  { size, channels, cache: given, signal = new AbortController().signal, onSkipped }: ItemPixelsOptions,
): Promise<Uint8Array | null> {
  const cache = cacheOf(dataset, given);
  const key = cacheKey(dataset, item, channels);
  const kept = await cache?.get(key, size);
  if (kept) return kept;
  const current = async () =>
    dataset.currentVersion ? orAborted(signal, () => dataset.currentVersion?.(item, signal)) : item.version;
  const damagedAs = (version: string | undefined) => cacheKey(dataset, { ...item, version }, channels);
  for (let attempt = 1; ; attempt += 1) {
    let version: string | undefined;
    try {
      // Damage is remembered per version: an item that was repaired, or is complete by now, is decoded.
      version = await current();
      if (cache && (await cache.get(damagedAs(version), size)) === null) return null;
      const decoded = await orAborted(signal, () => dataset.decode(item, size, signal));
      const pixels = withChannels(checkedPixels(dataset, item, size, decoded), size, channels);
      await cache?.set(key, size, pixels);
      return pixels;
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
  { size, channels, cache }: Pick<ItemPixelsOptions, 'size' | 'channels' | 'cache'>,
): Uint8Array | null {
  return cacheOf(dataset, cache)?.peek?.(cacheKey(dataset, item, channels), size) ?? null;
}

function cacheOf({ cached = true }: { readonly cached?: boolean }, cache: ImageCache | undefined) {
  return cached ? cache : undefined;
}

/** The cache key of an item. Printed paths that are not UTF-8 may coincide with others; no path contains a zero character. */
function cacheKey(
  { name = '' }: { readonly name?: string },
  item: KeyedItem,
  channels: ImageChannels,
): CacheKey {
  const { path, pathBytes, version } = item;
  const key = pathBytes ? `\0${pathBytes.toString('latin1')}` : (path ?? `\0${name}\0${item.name}`);
  return { key, version, channels };
}

type KeyedItem = Pick<DatasetItem, 'name' | 'path'> & {
  readonly version?: string | undefined;
  readonly pathBytes?: Buffer;
};

function placeOf({ name = '' }: { readonly name?: string }, item: DatasetItem): string {
  return item.path ?? `${name}: ${item.name}`;
}

function checkedPixels(
  dataset: { readonly name?: string },
  item: DatasetItem,
  size: number,
  pixels: Uint8Array,
): Uint8Array {
  const problem = pixelsProblem(pixels, size, [3, 1]);
  if (problem === null) return pixels;
  throw new DatasetError(
    dataset.name ?? '',
    `the result of decode() ${problem} for "${cut(printable(item.name))}"`,
  );
}
