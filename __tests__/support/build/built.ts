import { join } from 'node:path';

/** Path of a file in the build of the sources under test. */
export function built(path: string): string {
  const folder = process.env.NVAE_TESTED_BUILD;
  if (!folder) throw new Error('expected the build of the sources that jest makes at its start, got none');
  return join(folder, path);
}
