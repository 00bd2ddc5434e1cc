/** Recognises pictures that this package wrote, so that a run is not trained on samples of itself or another. */
import { openFile, readUpTo } from '../base/files.js';
import { type BytePath, bufferOf } from './bytePath.js';

/** Whether a picture is a single image or a grid of many. */
export type PictureKind = 'image' | 'grid';

/** The mark, stored as EXIF `ImageDescription`; formats without EXIF cannot have it. */
export function pictureMark(kind: PictureKind): string {
  return `rx-nvae ${kind}`;
}

/** In PNG, JPEG and AVIF files the mark is within these first bytes. */
const beginning = 2048;
/** File names of a run's previews and of the GIFs of `nvae interpolate`; GIF cannot store a mark. */
const ownName = /^((reconstruction|samples)_\d+\.png|.*_interpolation\.gif)$/;

/** Whether the bytes of a file are a grid of images, which is never useful for training. */
export function isOwnGrid(bytes: Buffer): boolean {
  return bytes.includes(pictureMark('grid'));
}

/** Whether this package wrote a file in a folder of pictures; by its name if it has no mark. */
export async function isOwnPicture(path: BytePath): Promise<boolean> {
  if (ownName.test(path.slice(path.lastIndexOf('/') + 1))) return true;
  const file = await openFile(bufferOf(path)).catch(() => null);
  if (file === null) return false;
  try {
    const bytes = await readUpTo(file, beginning);
    return bytes.includes(pictureMark('grid')) || bytes.includes(pictureMark('image'));
  } catch {
    return false;
  } finally {
    await file.close().catch(() => undefined);
  }
}
