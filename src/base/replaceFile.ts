import { randomUUID } from 'node:crypto';
import { lstat, rename, rm } from 'node:fs/promises';
import { codeOf } from './errors.js';

/** Error codes of file systems that cannot rename over an existing file (SMB, some FUSE). */
const inTheWay = new Set(['EEXIST', 'EPERM', 'EACCES', 'EBUSY', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL']);

/**
 * Renames `from` to `to` and replaces the existing file. The rename is atomic if the file system supports that. Otherwise the old
 * file is moved aside first, and moved back if the new one cannot take its place.
 * @throws the system's error from the first attempt; both files are then unchanged
 */
export async function replaceFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!inTheWay.has(codeOf(error)) || !(await movedIn(from, to))) throw error;
  }
}

async function movedIn(from: string, to: string): Promise<boolean> {
  const aside = `${to}.${randomUUID()}.replaced`;
  try {
    if (!(await lstat(to)).isFile()) return false;
    await rename(to, aside);
  } catch {
    return false;
  }
  try {
    await rename(from, to);
  } catch {
    await rename(aside, to).catch(() => undefined);
    return false;
  }
  await rm(aside, { force: true }).catch(() => undefined);
  return true;
}
