import type { ByteSource } from '../checkpoint/byteSource.js';
import { readFully } from '../checkpoint/readFully.js';
import { damaged } from './damaged.js';

/**
 * Reads a range of bytes.
 * @throws CheckpointError when it is not within the source
 */
export async function readExactly(
  source: ByteSource,
  where: string,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (position < 0 || position + length > source.size) throw endsEarly(where, position + length, source.size);
  const bytes = new Uint8Array(length);
  await readInto(source, where, bytes, position);
  return bytes;
}

/**
 * Fills the target with the bytes at a position.
 * @throws CheckpointError when they are not there
 */
export async function readInto(
  source: ByteSource,
  where: string,
  target: Uint8Array,
  position: number,
): Promise<void> {
  const done = await readFully(source, target, position);
  if (done < target.length) throw endsEarly(where, position + target.length, position + done);
}

function endsEarly(where: string, expected: number, got: number): Error {
  return damaged(where, `expected at least ${expected} bytes, got ${got}; copy or download it again`);
}
