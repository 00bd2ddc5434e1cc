/** Reading of an image file, apart from decoding it: what cannot be read just now may be read later. */

import { messageOf } from '../base/errors.js';
import { openFile, readUpTo } from '../base/files.js';
import { ImageError } from './imageError.js';

/** Of any format: 16-bit colour of the largest image, not packed at all, is less. One call reads no more. */
const largestFile = 2 ** 31 - 1;

/** The file was not read: nothing is known of what it holds. */
export class UnreadFileError extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = 'UnreadFileError';
  }
}

/** A file as it was when it was opened. */
export interface FileStamp {
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface ReadFile {
  readonly bytes: Buffer;
  readonly stamp: FileStamp;
}

type IsKnown = (stamp: FileStamp) => Promise<boolean>;

/**
 * @param isKnown asked for the file as it is now; where it is known it is not read, and null comes
 * @throws UnreadFileError for errors of the system: a file that is gone, a share that does not answer
 * @throws Error for a file that is too large
 */
export async function readImageFile(path: string | Buffer): Promise<ReadFile>;
export async function readImageFile(path: string | Buffer, isKnown: IsKnown): Promise<ReadFile | null>;
export async function readImageFile(path: string | Buffer, isKnown?: IsKnown): Promise<ReadFile | null> {
  const file = await orUnread(openFile(path));
  try {
    const { size, mtimeMs } = await orUnread(file.stat());
    const stamp = { bytes: size, modified: mtimeMs };
    if (await isKnown?.(stamp)) return null;
    if (size > largestFile) throw new ImageError(`too large: ${size} bytes, more than ${largestFile}`);
    return { stamp, bytes: await orUnread(readUpTo(file, size)) };
  } finally {
    await file.close().catch(() => undefined);
  }
}

async function orUnread<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw new UnreadFileError(error);
  }
}

/** The first bytes of a file. @throws UnreadFileError */
export async function readStart(path: string | Buffer, most: number): Promise<Buffer> {
  const file = await orUnread(openFile(path));
  try {
    const { size } = await orUnread(file.stat());
    return await orUnread(readUpTo(file, Math.min(size, most)));
  } finally {
    await file.close().catch(() => undefined);
  }
}
