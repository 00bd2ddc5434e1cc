/** Reads an image file without decoding it: a file that cannot be read at the moment may be readable later. */

import { openFile, readUpTo } from '../base/files.js';
import { DamagedImageError } from './damagedImageError.js';
import { orUnread } from './unreadImageError.js';

/** The most bytes that one call can read; the largest image in uncompressed 16-bit colour is smaller. */
const largestFile = 2 ** 31 - 1;

/**
 * @throws UnreadImageError for system errors: a file that is gone, a share that does not respond
 * @throws DamagedImageError for a file that is too large
 */
export function readImageFile(path: string | Buffer): Promise<Buffer> {
  return opened(path, (size) => {
    if (size > largestFile) throw new DamagedImageError(`too large: ${size} bytes, more than ${largestFile}`);
    return size;
  });
}

/** Reads the first bytes of a file. @throws UnreadImageError */
export function readStart(path: string | Buffer, most: number): Promise<Buffer> {
  return readPart(path, 0, most);
}

/** Reads at most this many bytes of a file from a position on. @throws UnreadImageError */
export function readPart(path: string | Buffer, position: number, most: number): Promise<Buffer> {
  return opened(path, (size) => Math.max(0, Math.min(size - position, most)), position);
}

async function opened(
  path: string | Buffer,
  lengthOf: (size: number) => number,
  position = 0,
): Promise<Buffer> {
  const file = await orUnread(openFile(path));
  try {
    const { size } = await orUnread(file.stat());
    return await orUnread(readUpTo(file, lengthOf(size), position));
  } finally {
    // Not waited for: the image can be decoded meanwhile.
    void file.close().catch(() => undefined);
  }
}
