/** Replacing a file so that at every moment a whole one is there. */
import type { FileHandle } from 'node:fs/promises';
import { copyFile, link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../base/errors.js';
import { replaceFile } from '../base/replaceFile.js';
import { syncFile, syncFolder } from '../base/sync.js';

/** Where a file is written before it takes its name. */
export const partialPath = (path: string): string => `${path}.partial`;
/** Where the one before is kept. */
export const previousPath = (path: string): string => `${path}.previous`;

export interface AtomicWriteOptions {
  /** Whether the file that was there is kept as `<path>.previous`. @default false */
  readonly keepPrevious?: boolean;
  /**
   * Done before anything is touched, and again when all is written but the name; where it throws, nothing more is
   * touched: whoever is in the way may be writing these files.
   */
  readonly guard?: (stage: 'begin' | 'rename') => Promise<void>;
}

/**
 * Write `path` by way of a file beside it: written, synced, renamed, folder synced. A kill at any moment leaves the
 * old file or the new one.
 */
export async function atomicWrite(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  { keepPrevious = false, guard = async () => undefined }: AtomicWriteOptions = {},
): Promise<void> {
  const partial = partialPath(path);
  await guard('begin');
  await mkdir(dirname(path), { recursive: true });
  await removingOnFailure(partial, () => writeSynced(partial, write));
  await guard('rename');
  await removingOnFailure(partial, async () => {
    if (keepPrevious) await keep(path);
    await replaceFile(partial, path);
  });
  await syncFolder(dirname(path));
}

async function removingOnFailure(path: string, make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** A new file, not an old one emptied: a process that was held for long may still be writing to that. */
async function writeSynced(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, 'wx');
  try {
    await write(file);
    await syncFile(file);
  } finally {
    await file.close();
  }
}

/** Gives the file a second name; where links are not to be had, a copy. Nothing where there is no file yet. */
async function keep(path: string): Promise<void> {
  const temporary = `${previousPath(path)}.partial`;
  await rm(temporary, { force: true });
  try {
    await link(path, temporary);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    try {
      // Half of it may be there, on a full disk.
      await removingOnFailure(temporary, () => copyFile(path, temporary));
    } catch (second) {
      if (hasCode(second, 'ENOENT')) return;
      throw second;
    }
  }
  await replaceFile(temporary, previousPath(path));
}
