import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { previousPath } from './atomicWrite.js';

/**
 * What to tell a user where a file, and the one before that is kept, will not fit on its disk; null where they do, or
 * where the system does not say.
 *
 * @param bytes of one file, about
 */
export async function spaceWarning(path: string, bytes: number): Promise<string | null> {
  const disk = await statfs(dirname(path)).catch(() => null);
  if (!disk) return null;
  const there = await Promise.all([path, previousPath(path)].map((file) => stat(file).catch(() => null)));
  // While a file is written there are three: it, the one that it replaces, and the one before that.
  const missing = 3 - there.filter((file) => file !== null).length;
  const free = disk.bavail * disk.bsize;
  if (free >= missing * bytes) return null;
  const megabytes = (count: number) => `${Math.ceil(count / 1e6)} MB`;
  const need = `checkpoints need ${megabytes(missing * bytes)}, but only ${megabytes(free)} are free`;
  return `${dirname(path)}: ${need}; free some space, or choose another folder`;
}
