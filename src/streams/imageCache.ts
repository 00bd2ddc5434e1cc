/** Decoded images that are kept, so that only the first epoch decodes. */
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ImageFile } from './images.js';

export interface ImageCacheOptions {
  /** Bytes kept in memory; images beyond that go to a file. @default 1 GiB */
  readonly memoryLimit?: number;
  /** Folder of that file. @default `rx-nvae` in the user's cache folder */
  readonly folder?: string;
}

export interface ImageCache {
  /** The pixels; null for a file known to be damaged; undefined for one not met yet. Never written to. */
  get(file: ImageFile, size: number): Promise<Uint8Array | null | undefined>;
  set(file: ImageFile, size: number, pixels: Uint8Array | null): Promise<void>;
  /** Forgets all and removes the file. */
  close(): Promise<void>;
}

type Place = { readonly pixels: Uint8Array | null } | { readonly offset: number; readonly length: number };

/** An empty cache. A file that has changed since (size or time) counts as another. */
export function imageCache(options: ImageCacheOptions = {}): ImageCache {
  const { memoryLimit = 2 ** 30, folder = defaultFolder() } = options;
  const places = new Map<string, Place>();
  const packed = packedFile(folder);
  let inMemory = 0;
  return {
    async get(file, size) {
      const place = places.get(keyOf(file, size));
      if (place === undefined || 'pixels' in place) return place?.pixels;
      return packed.read(place.offset, place.length);
    },
    async set(file, size, pixels) {
      const key = keyOf(file, size);
      if (places.has(key)) return;
      if (pixels === null || inMemory + pixels.length <= memoryLimit) {
        inMemory += pixels?.length ?? 0;
        places.set(key, { pixels });
        return;
      }
      const offset = await packed.append(pixels);
      if (offset !== null) places.set(key, { offset, length: pixels.length });
    },
    async close() {
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

/** One file that grows. Where it cannot be had or is full, nothing more is kept: the images are decoded again. */
function packedFile(folder: string) {
  let opened: Promise<FileHandle | null> | null = null;
  let path = '';
  let end = 0;
  const openFile = async () => {
    path = join(folder, `images-${process.pid}-${Date.now().toString(36)}.raw`);
    await mkdir(folder, { recursive: true });
    const file = await open(path, 'wx+');
    // Without its name the file goes when the process does, however that ends; where that is not allowed, `close` removes it.
    await rm(path).catch(() => undefined);
    return file;
  };
  return {
    async append(bytes: Uint8Array): Promise<number | null> {
      opened ??= openFile().catch(() => null);
      const file = await opened;
      if (!file) return null;
      const offset = end;
      end += bytes.length;
      const written = await file.write(bytes, 0, bytes.length, offset).catch(() => null);
      return written?.bytesWritten === bytes.length ? offset : null;
    },
    async read(offset: number, length: number): Promise<Uint8Array | undefined> {
      const file = await opened;
      const bytes = new Uint8Array(length);
      const read = await file?.read(bytes, 0, length, offset).catch(() => null);
      return read?.bytesRead === length ? bytes : undefined;
    },
    async close(): Promise<void> {
      const file = await opened;
      opened = null;
      end = 0;
      await file?.close();
      if (path !== '') await rm(path, { force: true });
    },
  };
}
