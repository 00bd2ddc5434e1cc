import type { ByteSource } from '../checkpoint/byteSource.js';
import { readFully } from '../checkpoint/readFully.js';

/** What the first bytes of a file say. */
export type FileStart = 'zip' | 'pickle' | 'gzip' | 'other';

const newestProtocol = 5;
const brace = 0x7b;

/** Reads the first bytes of a file. */
export async function fileStart(source: ByteSource): Promise<FileStart> {
  const start = new Uint8Array(9);
  const length = await readFully(source, start, 0);
  // A safetensors file starts with the length of its header, which can be the bytes of anything below.
  const isSafetensors = start.subarray(4, 8).every((byte) => byte === 0) && start[8] === brace;
  if (isSafetensors) return 'other';
  const [first, second = 0, third, fourth] = start.subarray(0, length);
  if (first === 0x50 && second === 0x4b) return third === 3 && fourth === 4 ? 'zip' : 'other';
  if (first === 0x80 && length > 1 && second <= newestProtocol) return 'pickle';
  if (first === 0x1f && second === 0x8b) return 'gzip';
  return 'other';
}
