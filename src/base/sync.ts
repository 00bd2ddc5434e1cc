/** Makes writes durable. File systems that cannot (FUSE, some network shares) are less safe, but good enough for training. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, messageOf } from './errors.js';

/** Error codes of file systems that do not support syncing; EIO, ENOSPC and the like mean that a write failed. */
const notSupported = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY']);
/** Error codes of disk failures, including those reported when a folder is synced. */
const failures = new Set(['EIO', 'ENOSPC', 'EDQUOT']);

/** @throws the system's error, unless the file system does not support syncing */
export async function syncFile(file: FileHandle): Promise<void> {
  const error = await syncError(file);
  if (error !== null && !notSupported.has(codeOf(error))) throw error;
}

/**
 * Makes a rename in the folder durable. Does nothing on systems that cannot open or sync a folder.
 * @throws the system's error when the disk failed
 */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  if (!folder) return;
  try {
    const error = await syncError(folder);
    if (error !== null && failures.has(codeOf(error))) throw error;
  } finally {
    await folder.close();
  }
}

/** Returns a warning for the user if the folder's file system cannot sync files; null if it can, or if that cannot be tested. */
export async function syncWarning(folder: string): Promise<string | null> {
  const path = join(folder, `.${randomUUID()}.probe`);
  const file = await open(path, 'wx').catch(() => null);
  if (!file) return null;
  try {
    await file.write('probe');
    const error = await syncError(file);
    if (error === null || !notSupported.has(codeOf(error))) return null;
    const what = `this file system cannot sync files (${messageOf(error)})`;
    return `${folder}: ${what}; after a power cut the newest checkpoint may be damaged, and the previous one is used`;
  } catch {
    return null;
  } finally {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
  }
}

async function syncError(file: FileHandle): Promise<unknown> {
  try {
    await file.sync();
    return null;
  } catch (error) {
    return error;
  }
}
