import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { previousPath } from './atomicWrite.js';

/**
 * Returns a warning for users if a file and its previous version will not fit on its disk; null if they fit, or if the system does
 * not report free space.
 *
 * @param bytes approximate size of one file
 */
export async function spaceWarning(path: string, bytes: number): Promise<string | null> {
  const disk = await statfs(dirname(path)).catch(() => null);
  if (!disk) return null;
  const there = await Promise.all([path, previousPath(path)].map((file) => stat(file).catch(() => null)));
  // While a file is written there are three: the new one, the one it replaces, and the previous one.
  const missing = 3 - there.filter((file) => file !== null).length;
  const free = disk.bavail * disk.bsize;
  if (free >= missing * bytes) return null;
  const megabytes = (count: number) => `${Math.ceil(count / 1e6)} MB`;
  const need = `checkpoints need ${megabytes(missing * bytes)}, but only ${megabytes(free)} are free`;
  return `${dirname(path)}: ${need}; free some space, or choose another folder`;
}
