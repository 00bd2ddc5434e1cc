import { access } from 'node:fs/promises';
import { previousPath } from './atomicWrite.js';

/**
 * Whether there is a checkpoint, or a previous one, to resume from.
 * @param path the file
 * @example
 * if (await checkpointExists(path)) await trainer.restore(await loadCheckpoint(path));
 */
export async function checkpointExists(path: string): Promise<boolean> {
  return (await fileExists(path)) || (await fileExists(previousPath(path)));
}

/** Whether there is a file, a folder or anything else at this path. */
export function fileExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
