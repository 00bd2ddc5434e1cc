/** The pixels of one file of a dataset, by way of what is kept of it. */
import { stat } from 'node:fs/promises';
import { messageOf } from '../base/errors.js';
import { defaultMaxPixels } from '../base/maxPixels.js';
import { cut, printable } from '../base/messageText.js';
import { decodeBytes } from './decodeImage.js';
import type { ImageCache } from './imageCache.js';
import { ImageError } from './imageError.js';
import type { ImageFile } from './imageFile.js';
import { isOwnGrid } from './ownPictures.js';
import { type FileStamp, type ReadFile, readImageFile, UnreadFileError } from './readImageFile.js';

/** A file that gave no pixels. */
export interface SkippedImage {
  readonly file: ImageFile;
  /**
   * `damaged`: the decoder refuses it, and will until it changes. `unread`: it could not be read just now, or changed
   * meanwhile, and is tried again at the next call.
   */
  readonly why: 'damaged' | 'unread';
  /** One line for people. */
  readonly reason: string;
}

export interface ImagePixelsOptions {
  /** Height and width. */
  readonly size: number;
  readonly cache?: ImageCache | undefined;
  /** @default sharp's own limit */
  readonly maxPixels?: number | undefined;
  /** Told of each damaged file once where there is a cache, of one that was not read each time. */
  readonly onSkipped?: ((skipped: SkippedImage) => void) | undefined;
}

/** Bytes `[size, size, 3]`; null for a file that is skipped. */
export async function imagePixels(file: ImageFile, options: ImagePixelsOptions): Promise<Uint8Array | null> {
  const { size, cache, maxPixels = defaultMaxPixels, onSkipped } = options;
  const kept = await cache?.get(file, size);
  if (kept) return kept;
  const as = (stamp: FileStamp) => ({ ...file, ...stamp });
  // Damage belongs to a file as it is: one that has been mended, or is whole by now, is read.
  const isDamaged = async (stamp: FileStamp) => (await cache?.get(as(stamp), size)) === null;
  let read: ReadFile | null = null;
  try {
    read = await readImageFile(pathOf(file), isDamaged);
    if (read === null) return null;
    if (isOwnGrid(read.bytes)) throw new ImageError('a grid of images that nvae wrote');
    const pixels = await decodeBytes(read.bytes, size, maxPixels);
    await cache?.set(file, size, pixels);
    return pixels;
  } catch (error) {
    const why = await whyNot(file, read, error);
    if (why === 'damaged') await cache?.set(as(read?.stamp ?? file), size, null);
    onSkipped?.({ file, why, reason: cut(printable(messageOf(error)), 200) });
    return null;
  }
}

/** Where the system finds the file. */
export function pathOf({ path, pathBytes }: ImageFile): string | Buffer {
  return pathBytes ?? path;
}

/** A file that changes while it is read is not what the decoder saw. */
async function whyNot(file: ImageFile, read: ReadFile | null, error: unknown): Promise<SkippedImage['why']> {
  if (error instanceof UnreadFileError) return 'unread';
  if (read === null) return 'damaged';
  const now = await stat(pathOf(file)).catch(() => null);
  const { bytes, modified } = read.stamp;
  return now?.size === bytes && now.mtimeMs === modified ? 'damaged' : 'unread';
}
