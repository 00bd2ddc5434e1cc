/** Pictures of a run, read from their files in the size of a part of the screen. */
import { useEffect, useState } from 'react';
import sharp from 'sharp';
import { messageOf } from '../../config/errors.js';
import { halfBlocks } from '../halfBlocks.js';

export interface PictureSpace {
  readonly columns: number;
  readonly rows: number;
  /** Height and width of each image that the picture is made of: it is cut only between them. */
  readonly tile: number;
}

/** Lines of half blocks; of a picture that is too wide as many images from the left as there is room for. */
export async function pictureLines(path: string, { columns, rows, tile }: PictureSpace): Promise<string[]> {
  const { width, height } = await sharp(path).metadata();
  const room = (columns / (2 * rows)) * height;
  const kept = Math.min(width, tile * Math.max(1, Math.floor(room / tile)));
  const larger = height <= 2 * rows && kept <= columns;
  const { data, info } = await sharp(path)
    .extract({ left: 0, top: 0, width: kept, height })
    .resize({
      width: columns,
      height: 2 * rows,
      fit: 'inside',
      kernel: larger ? 'nearest' : 'lanczos3',
    })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return halfBlocks({ pixels: new Uint8Array(data), shape: [1, info.height, info.width, 3] }, columns);
}

/** The lines of a file's picture; an explanation where it cannot be shown, none while it is read. */
export function usePicture(
  path: string | null,
  { columns, rows, tile }: PictureSpace,
): readonly string[] | { readonly problem: string } | null {
  const [shown, setShown] = useState<readonly string[] | { readonly problem: string } | null>(null);
  useEffect(() => {
    if (path === null || columns < 1 || rows < 1) return setShown(null);
    let wanted = true;
    pictureLines(path, { columns, rows, tile }).then(
      (lines) => wanted && setShown(lines),
      (error: unknown) => wanted && setShown({ problem: messageOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [path, columns, rows, tile]);
  return shown;
}
