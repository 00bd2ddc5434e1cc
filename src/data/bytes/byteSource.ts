/** Random access to bytes: those of a file, of a part of one, or in memory. */
import { stat } from 'node:fs/promises';
import { readPart } from '../readImageFile.js';
import { orUnread } from '../unreadImageError.js';

export interface ByteSource {
  /** Number of bytes. */
  readonly size: number;
  /**
   * Returns `length` bytes from a position on; fewer if it ends before.
   * @throws UnreadImageError when the system cannot read them
   */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** A file, opened for each read, so that nothing stays open. @throws UnreadImageError when there is none */
export async function fileSource(path: string): Promise<ByteSource> {
  const { size } = await orUnread(stat(path));
  return { size, read: (position, length) => readPart(path, position, length), close: async () => undefined };
}

export function memorySource(bytes: Buffer): ByteSource {
  const read = async (position: number, length: number) => bytes.subarray(position, position + length);
  return { size: bytes.length, read, close: async () => undefined };
}

/** A part of a source as a source of its own; closing it does not close the whole. */
export function partOf(source: ByteSource, begin: number, size: number): ByteSource {
  const read = (position: number, length: number) =>
    source.read(begin + position, Math.max(0, Math.min(length, size - position)));
  return { size, read, close: async () => undefined };
}

/** Returns bytes of a source by their positions, reading `windowBytes` at a time: for a walk over what lies close together. */
export function windowed(
  source: ByteSource,
  windowBytes: number,
): (position: number, length: number) => Promise<Buffer> {
  let begin = 0;
  let bytes: Buffer = Buffer.alloc(0);
  return async (position, length) => {
    if (position < begin || position + length > begin + bytes.length) {
      bytes = await source.read(position, Math.max(length, windowBytes));
      begin = position;
    }
    return bytes.subarray(position - begin, position - begin + length);
  };
}
