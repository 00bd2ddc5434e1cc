/** A cache of decoded images, so that only the first epoch decodes. */
import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { checkAmount } from '../base/checkNumbers.js';
import { cacheFolders } from './cacheFolders.js';

/** How much a cache keeps, and where. */
export interface ImageCacheOptions {
  /** Bytes kept in memory; images with a version beyond that go to a file. @default 1 GiB */
  readonly memoryLimit?: number;
  /** Folder of that file. @default the first of `cacheFolders` that can be written to */
  readonly folder?: string;
  /** Bytes that the file leaves free on its disk, for checkpoints and everything else. @default 1 GiB */
  readonly reserve?: number;
}

/** Which image an entry of the cache is of. */
export interface CacheKey {
  /** The path of a file, or a name that no other dataset of this cache has. */
  readonly key: string;
  /** Another version is another image. Without one the image is kept in memory only. */
  readonly version?: string | undefined;
}

/** Decoded images by key, version and size. The caller closes it. */
export interface ImageCache {
  /**
   * The pixels; null for an image known to be damaged; undefined for an unknown one. Do not write to them.
   *
   * @param image which one
   * @param size its height and width
   */
  get(image: CacheKey, size: number): Promise<Uint8Array | null | undefined>;
  /**
   * The pixels if they are in memory, null otherwise.
   *
   * @param image which one
   * @param size its height and width
   */
  peek?(image: CacheKey, size: number): Uint8Array | null;
  /**
   * Keep the pixels.
   *
   * @param image which one
   * @param size its height and width
   * @param pixels `[size, size, 3]`, not written to afterwards; null for a damaged image
   */
  set(image: CacheKey, size: number, pixels: Uint8Array | null): Promise<void>;
  /** Forget all, remove the file, and keep nothing from then on. */
  close(): Promise<void>;
}

type Place = { readonly pixels: Uint8Array | null } | { readonly offset: number; readonly length: number };

/** One version of an image in one size. */
interface Kept {
  readonly version: string | undefined;
  readonly size: number;
  readonly place: Place;
}

/**
 * An empty cache of decoded images, for `decodeImages`. The caller closes it.
 *
 * @param options limits, and a folder for its file
 * @throws RangeError at call time when `memoryLimit` is not a number of at least 0
 *
 * @example
 * const cache = imageCache({ memoryLimit: 2 ** 28 });
 * images('photos').pipe(decodeImages({ size: 64, cache }), finalize(() => void cache.close()));
 */
export function imageCache(options: ImageCacheOptions = {}): ImageCache {
  const { memoryLimit = 2 ** 30, folder, reserve = 2 ** 30 } = options;
  checkAmount('imageCache', 'memoryLimit', memoryLimit);
  // By key alone: a text of key, version and size would take longer to make than the pixels to copy.
  const places = new Map<string, Kept[]>();
  const packed = packedFile(folder === undefined ? cacheFolders() : [folder], reserve);
  let inMemory = 0;
  let closed = false;
  const placeOf = ({ key, version }: CacheKey, size: number) =>
    places.get(key)?.find((one) => one.version === version && one.size === size)?.place;
  const keep = (image: CacheKey, size: number, place: Place) => {
    const { key, version } = image;
    const before = placeOf(image, size);
    const others = (places.get(key) ?? []).filter((one) => one.place !== before);
    places.set(key, [...others, { version, size, place }]);
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
      // Pixels replace damage: the image may have been repaired.
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
 * One file that grows, in the first folder that can be written to. If there is none, its disk is nearly full or a write fails,
 * an image is not kept: it is decoded again.
 */
function packedFile(folders: readonly string[], reserve: number) {
  let opened: Promise<FileHandle | null> | null = null;
  let path: string | null = null;
  let end = 0;
  let [failed, closed] = [false, false];
  let [folder = ''] = folders;
  const openFile = async () => {
    for (const candidate of folders) {
      const file = await openIn(candidate).catch(() => null);
      if (file) return file;
    }
    return null;
  };
  const openIn = async (candidate: string) => {
    const name = join(candidate, `images-${process.pid}-${randomUUID()}.raw`);
    await mkdir(candidate, { recursive: true });
    const file = await open(name, 'wx+');
    folder = candidate;
    path = name;
    // Without a name the file disappears with the process, however that ends; if that is not allowed, `close` removes it.
    await rm(name).then(
      () => {
        path = null;
      },
      () => undefined,
    );
    return file;
  };
  const hasRoom = async (bytes: number) => {
    const disk = await statfs(folder).catch(() => null);
    return !disk || disk.bavail * disk.bsize >= bytes + reserve;
  };
  return {
    async append(bytes: Uint8Array): Promise<number | null> {
      if (failed) return null;
      opened ??= openFile();
      const file = await opened;
      if (!file || !(await hasRoom(bytes.length)) || closed) return null;
      const offset = end;
      end += bytes.length;
      const written = await file.write(bytes, 0, bytes.length, offset).catch(() => null);
      if (written?.bytesWritten === bytes.length) return offset;
      // Later images may still fit, but the space left on such a disk is better kept for checkpoints.
      failed = true;
      return null;
    },
    async read(offset: number, length: number): Promise<Uint8Array | undefined> {
      const file = await opened;
      const bytes = new Uint8Array(length);
      const read = await file?.read(bytes, 0, length, offset).catch(() => null);
      return read?.bytesRead === length ? bytes : undefined;
    },
    /** A file that cannot be removed is no reason to fail. */
    async close(): Promise<void> {
      closed = true;
      const file = await opened;
      await file?.close().catch(() => undefined);
      if (path !== null) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}
