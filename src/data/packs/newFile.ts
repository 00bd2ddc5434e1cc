/** A file that appears under its name when it is whole. */
import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../base/errors.js';
import { replaceFile } from '../../base/replaceFile.js';
import { syncFile, syncFolder } from '../../base/sync.js';

export interface NewFile {
  /** Number of bytes so far. */
  readonly size: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Replaces bytes that were appended. */
  overwrite(bytes: Uint8Array, position: number): Promise<void>;
  /** Gives the file its name. */
  finish(): Promise<void>;
  /** Removes the file unless it is finished. Does nothing the second time. */
  discard(): Promise<void>;
}

/**
 * Begins a file beside `path`, as `<path>.partial`. Missing folders are created. All errors name the file.
 *
 * @param replaces whether it may take the place of an existing file; that remains until this one is finished
 * @throws Error when there is a file of this name already, or it cannot be written
 */
export async function newFile(path: string, replaces: boolean): Promise<NewFile> {
  const partial = `${path}.partial`;
  const orSay = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw new Error(`${path}: cannot be written: ${messageOf(error)}`, { cause: error });
    }
  };
  const checkFree = async () => {
    const there = await stat(path).catch(() => null);
    if (there && !replaces) throw new Error(`${path}: exists already; replace it, or write to another file`);
    if (there && !there.isFile()) throw new Error(`${path}: is not a file; write to another one`);
  };
  await checkFree();
  const handle = await orSay(async () => {
    await mkdir(dirname(path), { recursive: true });
    await rm(partial, { force: true });
    return open(partial, 'wx');
  });
  let [size, isOpen] = [0, true];
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  return {
    get size() {
      return size;
    },
    append: (bytes) =>
      orSay(async () => {
        await writeAll(handle, bytes, size);
        size += bytes.length;
      }),
    overwrite: (bytes, position) => orSay(() => writeAll(handle, bytes, position)),
    async finish() {
      await orSay(async () => {
        await syncFile(handle);
        await close();
      });
      await checkFree();
      await orSay(async () => {
        await replaceFile(partial, path);
        await syncFolder(dirname(path));
      });
    },
    async discard() {
      await close().catch(() => undefined);
      await rm(partial, { force: true }).catch(() => undefined);
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
