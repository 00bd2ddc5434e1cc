import type { FileHandle } from 'node:fs/promises';

/** Writes all bytes at a position of an open file; returns the position after them. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
  return position + done;
}
