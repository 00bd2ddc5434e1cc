/** Pictures that this package wrote, so that a run does not learn what it, or another, has drawn. */
import { openFile, readUpTo } from '../base/files.js';
import { type BytePath, bufferOf } from './bytePath.js';

/** What a picture shows: one image as the model made it, or many side by side. */
export type PictureKind = 'image' | 'grid';

/** Entered as EXIF `ImageDescription`; formats without EXIF do not have it. */
export function pictureMark(kind: PictureKind): string {
  return `rx-nvae ${kind}`;
}

/** The mark of PNG, JPEG and AVIF files is within their first bytes. */
const beginning = 2048;
/** Those of a run, and the films of `nvae interpolate`: GIF has no place for a mark. */
const ownName = /^((reconstruction|samples)_\d+\.png|.*_interpolation\.gif)$/;

/** Whether the bytes of a file are a picture of many images: nobody means to learn those. */
export function isOwnGrid(bytes: Buffer): boolean {
  return bytes.includes(pictureMark('grid'));
}

/** Whether a file in a folder for pictures is one of ours; by its name where it has no mark. */
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
