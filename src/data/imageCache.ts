/** A cache of decoded images, so that only the first epoch decodes. */
import { checkAmount } from '../base/checkNumbers.js';
import type { ImageChannels } from '../config/types.js';
import { type TemporaryFile, temporaryFile } from './bytes/temporaryFile.js';
import { cacheFolders } from './cacheFolders.js';
import { NumbersByHash } from './packed/numbersByHash.js';

/** How much a cache keeps, and where. */
export interface ImageCacheOptions {
  /** Number of bytes kept in memory; further images that have a version go to a file. @default 1 GiB */
  readonly memoryLimit?: number;
  /** Folder of that file. @default the first writable one of `cacheFolders` */
  readonly folder?: string;
  /** Bytes that the file leaves free on its disk, for checkpoints and other files. @default 1 GiB */
  readonly reserve?: number;
}

/** Identifies the image of a cache entry. */
export interface CacheKey {
  /** The path of a file, or a name that no other dataset in this cache uses. */
  readonly key: string;
  /** Another version counts as another image. Without a version the image is kept in memory only. */
  readonly version?: string | undefined;
  /** Colours of a pixel; a grey image and its colour version are two entries. @default 3 */
  readonly channels?: ImageChannels | undefined;
  /** How the image was fitted; another fit is another entry. @default as images are fitted by default */
  readonly fit?: string | undefined;
}

/** Decoded images by key, version, channels, fit and size. The caller closes it. */
export interface ImageCache {
  /**
   * Returns the pixels; null for an image known to be damaged; undefined for an unknown one. Do not write to them.
   *
   * @param image the image
   * @param size its height and width
   */
  get(image: CacheKey, size: number): Promise<Uint8Array | null | undefined>;
  /**
   * Returns the pixels if they are in memory, null otherwise.
   *
   * @param image the image
   * @param size its height and width
   */
  peek?(image: CacheKey, size: number): Uint8Array | null;
  /**
   * Stores the pixels.
   *
   * @param image the image
   * @param size its height and width
   * @param pixels `[size, size, channels]`, or what crops at random places are taken from, not written to afterwards; null for a damaged
   *   image
   */
  set(image: CacheKey, size: number, pixels: Uint8Array | null): Promise<void>;
  /** Clears the cache, removes the file, and stores nothing from then on. */
  close(): Promise<void>;
}

/** Bytes that a cache keeps in memory if nothing else is asked for. */
export const defaultMemoryLimit = 2 ** 30;

/** What the first number of an entry says, besides the offset in the file and, below these, the index of pixels in memory. */
const [damaged, firstInMemory] = [-1, -2];

/**
 * Creates an empty cache of decoded images, for `decodeImages`. The caller closes it.
 *
 * @param options limits, and a folder for the cache file
 * @throws RangeError at call time when `memoryLimit` is not a number of at least 0
 *
 * @example
 * const cache = imageCache({ memoryLimit: 2 ** 28 });
 * images('photos').pipe(decodeImages({ size: 64, cache }), finalize(() => void cache.close()));
 */
export function imageCache(options: ImageCacheOptions = {}): ImageCache {
  const { memoryLimit = defaultMemoryLimit, folder, reserve = 2 ** 30 } = options;
  checkAmount('imageCache', 'memoryLimit', memoryLimit);
  // An offset in the file and a length; or an index of `kept`, from `firstInMemory` downwards; or `damaged`.
  const places = new NumbersByHash();
  const kept: Uint8Array[] = [];
  const packed = packedFile(folder === undefined ? cacheFolders() : [folder], reserve);
  let inMemory = 0;
  let closed = false;
  const identityOf = ({ key, version, channels = 3, fit }: CacheKey, size: number) =>
    [key, version, fit, channels, size] as const;
  const inMemoryAt = (slot: number) => kept[firstInMemory - places.first(slot)] ?? null;
  return {
    async get(image, size) {
      const slot = places.find(identityOf(image, size));
      if (slot < 0) return undefined;
      const first = places.first(slot);
      return first < 0 ? inMemoryAt(slot) : packed.read(first, places.second(slot));
    },
    peek(image, size) {
      const slot = places.find(identityOf(image, size));
      return slot < 0 ? null : inMemoryAt(slot);
    },
    async set(image, size, pixels) {
      const identity = identityOf(image, size);
      const before = places.find(identity);
      // Pixels replace a `damaged` entry: the image may have been repaired.
      if (closed || (before >= 0 && places.first(before) !== damaged)) return;
      if (pixels === null) return places.set(identity, damaged, 0);
      if (inMemory + pixels.length <= memoryLimit) {
        inMemory += pixels.length;
        places.set(identity, firstInMemory - kept.length, 0);
        kept.push(pixels);
        return;
      }
      if (image.version === undefined) return;
      const offset = await packed.append(pixels);
      if (offset !== null && !closed) places.set(identity, offset, pixels.length);
    },
    async close() {
      closed = true;
      places.clear();
      kept.length = 0;
      inMemory = 0;
      await packed.close();
    },
  };
}

/**
 * One growing file, in the first writable folder. If there is none, its disk is nearly full or a write fails, the image is not
 * stored: it is decoded again.
 */
function packedFile(folders: readonly string[], reserve: number) {
  let opened: Promise<TemporaryFile | null> | null = null;
  let end = 0;
  let [failed, closed] = [false, false];
  return {
    async append(bytes: Uint8Array): Promise<number | null> {
      if (failed) return null;
      opened ??= temporaryFile(folders, 'images', reserve);
      const file = await opened;
      if (!file || !(await file.hasRoom(bytes.length)) || closed) return null;
      const offset = end;
      end += bytes.length;
      const written = await file.handle.write(bytes, 0, bytes.length, offset).catch(() => null);
      if (written?.bytesWritten === bytes.length) return offset;
      // Later images might fit, but the remaining space on such a disk is better kept for checkpoints.
      failed = true;
      return null;
    },
    async read(offset: number, length: number): Promise<Uint8Array | undefined> {
      const file = await opened;
      const bytes = new Uint8Array(length);
      const read = await file?.handle.read(bytes, 0, length, offset).catch(() => null);
      return read?.bytesRead === length ? bytes : undefined;
    },
    async close(): Promise<void> {
      closed = true;
      await (await opened)?.close();
    },
  };
}
