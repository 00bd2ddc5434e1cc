/** Reading of files that a user named: what is there may be no file, or one that never ends. */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';

/** Open for reading. What is no regular file (folder, pipe, device) is an error. The caller closes it. */
export async function openFile(path: string): Promise<FileHandle> {
  // Opening a pipe would wait for somebody to write to it.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error('it is not a file');
}

/** All bytes of a file; one of more than `most` is an error before it takes memory. */
export async function readBytes(path: string, most: number): Promise<Buffer> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    if (size > most) throw new Error(`${size} bytes, more than ${most}`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
