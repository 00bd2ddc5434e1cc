import { stat } from 'node:fs/promises';
import { digest } from './digest.js';
import { readStart } from './readImageFile.js';

/** How much of a file says whether it is the same file. */
const sampledBytes = 2 ** 20;

/** The identity of a dataset in one file: its size, and a digest of its beginning; its time is ignored, because copies have others. */
export async function oneFileIdentity(path: string): Promise<string> {
  return `${(await stat(path)).size}/${digest([await readStart(path, sampledBytes)])}`;
}
