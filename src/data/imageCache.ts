/** A cache of decoded images, so that only the first epoch decodes. */
import { checkAmount } from '../base/checkNumbers.js';
import type { ImageChannels } from '../config/types.js';
import { type TemporaryFile, temporaryFile } from './bytes/temporaryFile.js';
import { cacheFolders } from './cacheFolders.js';

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

type Place = { readonly pixels: Uint8Array | null } | { readonly offset: number; readonly length: number };

/** One version of an image in one size. */
interface Kept {
  readonly version: string | undefined;
  readonly channels: ImageChannels;
  readonly fit: string | undefined;
  readonly size: number;
  readonly place: Place;
}

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
  const { memoryLimit = 2 ** 30, folder, reserve = 2 ** 30 } = options;
  checkAmount('imageCache', 'memoryLimit', memoryLimit);
  // By key alone: building a text of key, version and size would take longer than copying the pixels.
  const places = new Map<string, Kept[]>();
  const packed = packedFile(folder === undefined ? cacheFolders() : [folder], reserve);
  let inMemory = 0;
  let closed = false;
  const placeOf = ({ key, version, channels = 3, fit }: CacheKey, size: number) =>
    places
      .get(key)
      ?.find(
        (one) => one.version === version && one.size === size && one.channels === channels && one.fit === fit,
      )?.place;
  const keep = (image: CacheKey, size: number, place: Place) => {
    const { key, version, channels = 3, fit } = image;
    const before = placeOf(image, size);
    const others = (places.get(key) ?? []).filter((one) => one.place !== before);
    places.set(key, [...others, { version, channels, fit, size, place }]);
  };
  return {
    async get(image, size) {
      const place = placeOf(image, size);
      if (place === undefined || 'pixels' in place) return place?.pixels;
      return packed.read(place.offset, place.length);
    },
    peek(image, size) {
      const place = placeOf(image, size);
      return place && 'pixels' in place ? place.pixels : null;
    },
    async set(image, size, pixels) {
      const before = placeOf(image, size);
      // Pixels replace a `damaged` entry: the image may have been repaired.
      if (closed || (before && !('pixels' in before && before.pixels === null))) return;
      if (pixels === null || inMemory + pixels.length <= memoryLimit) {
        inMemory += pixels?.length ?? 0;
        keep(image, size, { pixels });
        return;
      }
      if (image.version === undefined) return;
      const offset = await packed.append(pixels);
      if (offset !== null) keep(image, size, { offset, length: pixels.length });
    },
    async close() {
      closed = true;
      places.clear();
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
