/** Decoded images that are kept, so that only the first epoch decodes. */
import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { checkAmount } from '../base/checkNumbers.js';
import { cacheFolders } from './cacheFolders.js';
import type { ImageFile } from './imageFile.js';

export interface ImageCacheOptions {
  /** Bytes kept in memory; images beyond that go to a file. @default 1 GiB */
  readonly memoryLimit?: number;
  /** Folder of that file. @default the first of `cacheFolders` that can be written to */
  readonly folder?: string;
  /** Bytes that the file leaves free on its disk, for checkpoints and everything else. @default 1 GiB */
  readonly reserve?: number;
}

export interface ImageCache {
  /** The pixels; null for a file known to be damaged; undefined for one not met yet. Never written to. */
  get(file: ImageFile, size: number): Promise<Uint8Array | null | undefined>;
  /** The pixels, where they are in memory; null where they are not. */
  kept?(file: ImageFile, size: number): Uint8Array | null;
  set(file: ImageFile, size: number, pixels: Uint8Array | null): Promise<void>;
  /** Forgets all, removes the file and keeps nothing from then on. */
  close(): Promise<void>;
}

type Place = { readonly pixels: Uint8Array | null } | { readonly offset: number; readonly length: number };

/** What is kept of a file as it was, in one size. */
interface Kept {
  readonly bytes: number;
  readonly modified: number;
  readonly size: number;
  readonly place: Place;
}

/**
 * An empty cache. A file that has changed since (size or time) counts as another.
 * @throws RangeError when `memoryLimit` is no number of at least 0
 */
export function imageCache(options: ImageCacheOptions = {}): ImageCache {
  const { memoryLimit = 2 ** 30, folder, reserve = 2 ** 30 } = options;
  checkAmount('imageCache', 'memoryLimit', memoryLimit);
  // By path alone: a key of all that identifies an image would take longer to write than its pixels to copy.
  const places = new Map<string, Kept[]>();
  const packed = packedFile(folder === undefined ? cacheFolders() : [folder], reserve);
  let inMemory = 0;
  let closed = false;
  const placeOf = (file: ImageFile, size: number) =>
    places
      .get(keyOf(file))
      ?.find((one) => one.bytes === file.bytes && one.modified === file.modified && one.size === size)?.place;
  const keep = (file: ImageFile, size: number, place: Place) => {
    const { bytes, modified } = file;
    const before = placeOf(file, size);
    const others = (places.get(keyOf(file)) ?? []).filter((one) => one.place !== before);
    places.set(keyOf(file), [...others, { bytes, modified, size, place }]);
  };
  return {
    async get(file, size) {
      const place = placeOf(file, size);
      if (place === undefined || 'pixels' in place) return place?.pixels;
      return packed.read(place.offset, place.length);
    },
    kept(file, size) {
      const place = placeOf(file, size);
      return place && 'pixels' in place ? place.pixels : null;
    },
    async set(file, size, pixels) {
      const before = placeOf(file, size);
      // Damage gives way to pixels: the file may have been mended.
      if (closed || (before && !('pixels' in before && before.pixels === null))) return;
      if (pixels === null || inMemory + pixels.length <= memoryLimit) {
        inMemory += pixels?.length ?? 0;
        keep(file, size, { pixels });
        return;
      }
      const offset = await packed.append(pixels);
      if (offset !== null) keep(file, size, { offset, length: pixels.length });
    },
    async close() {
      closed = true;
      places.clear();
      inMemory = 0;
      await packed.close();
    },
  };
}

/** What is printed of a path that is no UTF-8 may be the name of another; no path holds a zero. */
function keyOf({ path, pathBytes }: ImageFile): string {
  return pathBytes ? `\0${pathBytes.toString('latin1')}` : path;
}

/**
 * One file that grows, in the first folder that takes it. Where none does, its disk is nearly full or a write fails, an
 * image is not kept: it is decoded again.
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
    // Without its name the file goes when the process does, however that ends; where that is not allowed, `close` removes it.
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
      // Images that come later may still fit, but what is left of such a disk is better left to checkpoints.
      failed = true;
      return null;
    },
    async read(offset: number, length: number): Promise<Uint8Array | undefined> {
      const file = await opened;
      const bytes = new Uint8Array(length);
      const read = await file?.read(bytes, 0, length, offset).catch(() => null);
      return read?.bytesRead === length ? bytes : undefined;
    },
    /** A file that stays behind is no reason to fail what has worked. */
    async close(): Promise<void> {
      closed = true;
      const file = await opened;
      await file?.close().catch(() => undefined);
      if (path !== null) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}
