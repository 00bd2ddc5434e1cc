/** Decoded images that are kept, so that only the first epoch decodes. */
import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ImageFile } from './images.js';

export interface ImageCacheOptions {
  /** Bytes kept in memory; images beyond that go to a file. @default 1 GiB */
  readonly memoryLimit?: number;
  /** Folder of that file. @default `rx-nvae` in the user's cache folder */
  readonly folder?: string;
  /** Bytes that the file leaves free on its disk, for checkpoints and everything else. @default 1 GiB */
  readonly reserve?: number;
}

export interface ImageCache {
  /** The pixels; null for a file known to be damaged; undefined for one not met yet. Never written to. */
  get(file: ImageFile, size: number): Promise<Uint8Array | null | undefined>;
  set(file: ImageFile, size: number, pixels: Uint8Array | null): Promise<void>;
  /** Forgets all, removes the file and keeps nothing from then on. */
  close(): Promise<void>;
}

type Place = { readonly pixels: Uint8Array | null } | { readonly offset: number; readonly length: number };

/** An empty cache. A file that has changed since (size or time) counts as another. */
export function imageCache(options: ImageCacheOptions = {}): ImageCache {
  const { memoryLimit = 2 ** 30, folder = defaultFolder(), reserve = 2 ** 30 } = options;
  const places = new Map<string, Place>();
  const packed = packedFile(folder, reserve);
  let inMemory = 0;
  let closed = false;
  return {
    async get(file, size) {
      const place = places.get(keyOf(file, size));
      if (place === undefined || 'pixels' in place) return place?.pixels;
      return packed.read(place.offset, place.length);
    },
    async set(file, size, pixels) {
      const key = keyOf(file, size);
      if (closed || places.has(key)) return;
      if (pixels === null || inMemory + pixels.length <= memoryLimit) {
        inMemory += pixels?.length ?? 0;
        places.set(key, { pixels });
        return;
      }
      const offset = await packed.append(pixels);
      if (offset !== null) places.set(key, { offset, length: pixels.length });
    },
    async close() {
      closed = true;
      places.clear();
      inMemory = 0;
      await packed.close();
    },
  };
}

function keyOf({ path, bytes, modified }: ImageFile, size: number): string {
  return `${size}/${bytes}/${modified}/${path}`;
}

function defaultFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rx-nvae');
}

/**
 * One file that grows. Where it cannot be had, its disk is nearly full or a write fails, an image is not kept: it is
 * decoded again.
 */
function packedFile(folder: string, reserve: number) {
  let opened: Promise<FileHandle | null> | null = null;
  let path: string | null = null;
  let end = 0;
  let [failed, closed] = [false, false];
  const openFile = async () => {
    const name = join(folder, `images-${process.pid}-${randomUUID()}.raw`);
    await mkdir(folder, { recursive: true });
    const file = await open(name, 'wx+');
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
      opened ??= openFile().catch(() => null);
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
