/** Reads files that a user named. The path may not be a regular file, or the file may never end. */
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';

/** Opens a file for reading. Anything but a regular file (folder, pipe, device) is an error. The caller closes the file. */
export async function openFile(path: string | Buffer): Promise<FileHandle> {
  return (await openRegular(path)).file;
}

/** Reads a whole file. A file with more than `most` bytes is an error before any memory is allocated. */
export async function readBytes(path: string, most: number): Promise<Buffer> {
  const { file, size } = await openRegular(path);
  try {
    if (size > most) throw new Error(`${size} bytes, more than ${most}`);
    return await readUpTo(file, size);
  } finally {
    await file.close();
  }
}

/** Reads `length` bytes of a file, from its beginning or a position; returns fewer if the file ends before. */
export async function readUpTo(file: FileHandle, length: number, position = 0): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let end = 0;
  while (end < length) {
    const { bytesRead } = await file.read(bytes, end, length - end, position + end);
    if (bytesRead === 0) break;
    end += bytesRead;
  }
  return bytes.subarray(0, end);
}

async function openRegular(path: string | Buffer): Promise<{ file: FileHandle; size: number }> {
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const status = await file.stat();
  if (status.isFile()) return { file, size: status.size };
  await file.close();
  throw new Error('it is not a file');
}
