/** Reading of files that a user named: what is there may be no file, or one that never ends. */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';

/** Open for reading. What is no regular file (folder, pipe, device) is an error. The caller closes it. */
export async function openFile(path: string | Buffer): Promise<FileHandle> {
  return (await openRegular(path)).file;
}

/** All bytes of a file; one of more than `most` is an error before it takes memory. */
export async function readBytes(path: string, most: number): Promise<Buffer> {
  const { file, size } = await openRegular(path);
  try {
    if (size > most) throw new Error(`${size} bytes, more than ${most}`);
    return await readUpTo(file, size);
  } finally {
    await file.close();
  }
}

/** The first bytes of a file; fewer where it has become shorter. */
export async function readUpTo(file: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let end = 0;
  while (end < length) {
    const { bytesRead } = await file.read(bytes, end, length - end);
    if (bytesRead === 0) break;
    end += bytesRead;
  }
  return bytes.subarray(0, end);
}

async function openRegular(path: string | Buffer): Promise<{ file: FileHandle; size: number }> {
  // Opening a pipe would wait for somebody to write to it.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const status = await file.stat();
  if (status.isFile()) return { file, size: status.size };
  await file.close();
  throw new Error('it is not a file');
}
