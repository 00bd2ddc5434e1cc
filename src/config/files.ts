/** Reading of files that a user named: what is there may be no file, or one that never ends. */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';

/** Open for reading. What is no regular file (folder, pipe, device) is an error. The caller closes it. */
export async function openFile(path: string): Promise<FileHandle> {
  return (await opened(path)).file;
}

/** All bytes of a file; one of more than `most` is an error before it takes memory. */
export async function readBytes(path: string, most: number): Promise<Buffer> {
  const { file, size } = await opened(path);
  try {
    if (size > most) throw new Error(`${size} bytes, more than ${most}`);
    const bytes = Buffer.allocUnsafe(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await file.read(bytes, length, size - length);
      if (bytesRead === 0) break; // it has become shorter
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

async function opened(path: string): Promise<{ file: FileHandle; size: number }> {
  // Opening a pipe would wait for somebody to write to it.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const status = await file.stat();
  if (status.isFile()) return { file, size: status.size };
  await file.close();
  throw new Error('it is not a file');
}
