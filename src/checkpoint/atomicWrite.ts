/** Replacing a file so that at every moment a whole one is there. */
import type { FileHandle } from 'node:fs/promises';
import { copyFile, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../config/errors.js';

/** Where a file is written before it takes its name. */
export const partialPath = (path: string): string => `${path}.partial`;
/** Where the one before is kept. */
export const previousPath = (path: string): string => `${path}.previous`;

/**
 * Write `path` by way of a file beside it: written, synced, renamed, folder synced. A kill at any moment leaves the
 * old file or the new one.
 *
 * @param keepPrevious whether the file that was there is kept as `<path>.previous`
 */
export async function atomicWrite(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  { keepPrevious = false } = {},
): Promise<void> {
  const partial = partialPath(path);
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeSynced(partial, write);
    if (keepPrevious) await keep(path);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeSynced(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'w');
  try {
    await write(file);
    await file.sync();
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
    await copyFile(path, temporary).catch(async (reason) => {
      await rm(temporary, { force: true }).catch(() => undefined); // half of it, on a full disk
      throw reason;
    });
  }
  await rename(temporary, previousPath(path));
}

/** Makes the rename last; some systems cannot open a folder, and then there is nothing to do. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  try {
    await folder?.sync();
  } catch {
    // Not every file system syncs folders.
  } finally {
    await folder?.close();
  }
}
