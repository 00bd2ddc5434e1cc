import type { ByteSource } from './byteSource.js';

/** Bytes per read. */
const pieceSize = 16 * 2 ** 20;

/**
 * Fills the target with the bytes at a position, in pieces.
 * @returns the number of bytes read: fewer than asked for only if the source ends
 */
export async function readFully(source: ByteSource, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const bytesRead = await source.read(target.subarray(done, done + pieceSize), position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
