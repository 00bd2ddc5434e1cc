import type { FileHandle } from 'node:fs/promises';

/** Writes pieces at the start of an open file; does not sync or close it. The memory of a piece may be reused for the next. */
export async function writePieces(file: FileHandle, pieces: Iterable<Uint8Array>): Promise<void> {
  let position = 0;
  for (const piece of pieces) position = await writeFully(file, piece, position);
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
  return position + done;
}
