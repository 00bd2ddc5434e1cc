/** Pictures of a run, read from their files in the size of a part of the screen. */
import { useEffect, useState } from 'react';
import sharp from 'sharp';
import { messageOf } from '../../config/errors.js';
import { type CellSpace, type TerminalPicture, terminalPicture } from '../pictures/bitmap.js';
import { type PictureSupport, pixelsOfCell } from '../pictures/pictureSupport.js';
import { usePictureSupport } from '../pictures/usePictureSupport.js';

export interface PictureSpace extends CellSpace {
  /** Height and width of each image that the picture is made of: it is cut only between them. */
  readonly tile: number;
}

/** A file's picture; of one that is too wide as many images from the left as there is room for. */
export async function readPicture(
  path: string,
  { columns, rows, tile }: PictureSpace,
  support: PictureSupport,
): Promise<TerminalPicture> {
  const { width, height } = await sharp(path).metadata();
  const cell = pixelsOfCell(support);
  const room = ((columns * cell.width) / (rows * cell.height)) * height;
  const kept = Math.min(width, tile * Math.max(1, Math.floor(room / tile)));
  const part = sharp(path).extract({ left: 0, top: 0, width: kept, height });
  return terminalPicture(part, { width: kept, height }, { columns, rows }, support);
}

/** A file's picture; an explanation where it cannot be shown, none while it is read. */
export function usePicture(
  path: string | null,
  { columns, rows, tile }: PictureSpace,
): TerminalPicture | { readonly problem: string } | null {
  const support = usePictureSupport();
  const [shown, setShown] = useState<TerminalPicture | { readonly problem: string } | null>(null);
  useEffect(() => {
    if (path === null || columns < 1 || rows < 1) return setShown(null);
    let wanted = true;
    readPicture(path, { columns, rows, tile }, support).then(
      (picture) => wanted && setShown(picture),
      (error: unknown) => wanted && setShown({ problem: messageOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [path, columns, rows, tile, support]);
  return shown;
}
