import { stat } from 'node:fs/promises';

/** The version of a file, from its size and the time of its last change. */
export function fileVersion(bytes: number, modified: number): string {
  return `${bytes}/${modified}`;
}

/** The version that a file has now. @throws the system's error */
export async function currentFileVersion(path: string | Buffer): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return fileVersion(size, mtimeMs);
}
