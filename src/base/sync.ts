/** Making writes last. File systems that cannot (FUSE, some network shares) are weaker, but good enough to train on. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, messageOf } from './errors.js';

/** What a file system without the operation says; EIO, ENOSPC and the like are failures of a write. */
const notSupported = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY']);
/** Failures of a disk, also where they come from syncing a folder. */
const failures = new Set(['EIO', 'ENOSPC', 'EDQUOT']);

/** @throws the system's error, but not where the file system cannot sync */
export async function syncFile(file: FileHandle): Promise<void> {
  const error = await syncError(file);
  if (error !== null && !notSupported.has(codeOf(error))) throw error;
}

/**
 * Makes a rename in the folder last; some systems cannot open a folder or sync one, and then there is nothing to do.
 * @throws the system's error where the disk has failed
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

/** What to tell a user of a folder whose file system cannot sync files; null where it can, or cannot be tried. */
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
