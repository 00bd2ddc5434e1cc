/** Replaces a file so that a complete file exists at every moment. */
import type { FileHandle } from 'node:fs/promises';
import { copyFile, link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../base/errors.js';
import { replaceFile } from '../base/replaceFile.js';
import { syncFile, syncFolder } from '../base/sync.js';

/** Temporary path of a file before it is renamed into place. */
export const partialPath = (path: string): string => `${path}.partial`;
/** Path of the previous file. */
export const previousPath = (path: string): string => `${path}.previous`;

export interface AtomicWriteOptions {
  /** Whether to keep the existing file as `<path>.previous`. @default false */
  readonly keepPrevious?: boolean;
  /**
   * Called before any file is touched, and again before the rename. If it throws, no further file is touched, because another
   * process may be writing these files.
   */
  readonly guard?: (stage: 'begin' | 'rename') => Promise<void>;
}

/**
 * Writes `path` via a temporary file beside it: write, sync, rename, sync the folder. If the process is killed at any moment,
 * either the old file or the new one remains.
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

/** Creates a new file instead of truncating an existing one: a suspended process may still write to that. */
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

/** Hard-links the file to a second name, or copies it if links are not supported. Does nothing if there is no file yet. */
async function keep(path: string): Promise<void> {
  const temporary = `${previousPath(path)}.partial`;
  await rm(temporary, { force: true });
  try {
    await link(path, temporary);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    try {
      // If the disk is full, a partial copy may remain.
      await removingOnFailure(temporary, () => copyFile(path, temporary));
    } catch (second) {
      if (hasCode(second, 'ENOENT')) return;
      throw second;
    }
  }
  await replaceFile(temporary, previousPath(path));
}
