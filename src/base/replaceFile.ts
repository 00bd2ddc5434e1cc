import { randomUUID } from 'node:crypto';
import { lstat, rename, rm } from 'node:fs/promises';
import { codeOf } from './errors.js';

/** What file systems say that cannot rename over a file that is there (SMB, some of FUSE). */
const inTheWay = new Set(['EEXIST', 'EPERM', 'EACCES', 'EBUSY', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL']);

/**
 * Give `from` the name `to`, whose file is replaced. In one moment where the file system can; where it cannot, the old
 * file is moved aside for that moment, and back where the new one cannot take its place.
 * @throws the system's error of the first try; both files are as they were then
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
