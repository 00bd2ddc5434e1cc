/** Pictures of a run, read from their files at the size of a part of the screen. */
import { useEffect, useState } from 'react';
import sharp from 'sharp';
import { messageOf } from '../../base/errors.js';
import { type CellSpace, type TerminalPicture, terminalPicture } from '../pictures/bitmap.js';
import { type PictureSupport, pixelsOfCell } from '../pictures/pictureSupport.js';
import { usePictureSupport } from '../pictures/usePictureSupport.js';
import { arrangement, rearranged } from './arrangement.js';

export interface PictureSpace extends CellSpace {
  /** Height and width of each image in the picture. */
  readonly tile: number;
  /** Images that belong together, one below the other: an input and its reconstruction. @default 1 */
  readonly together?: number;
}

/** The picture in a file, with its images rearranged to use the space; if there are too many, only the first ones. */
export async function readPicture(
  path: string,
  { columns, rows, tile, together = 1 }: PictureSpace,
  support: PictureSupport,
): Promise<TerminalPicture> {
  const { data, info } = await sharp(path)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const picture = { pixels: data, width: info.width, height: info.height };
  // A picture whose size does not fit the run is shown unchanged.
  const fits = info.channels === 3 && info.width % tile === 0 && info.height % (tile * together) === 0;
  const image = fits ? { width: tile, height: tile * together } : { width: info.width, height: info.height };
  const cell = pixelsOfCell(support);
  const count = (info.width / image.width) * (info.height / image.height);
  const space = { width: columns * cell.width, height: rows * cell.height };
  const shown = rearranged(picture, image, arrangement(count, image, space));
  const { width, height, pixels } = shown;
  return terminalPicture(
    sharp(pixels, { raw: { width, height, channels: 3 } }),
    shown,
    { columns, rows },
    support,
  );
}

/** The picture in a file; an explanation if it cannot be shown, null while it is being read. */
export function usePicture(
  path: string | null,
  { columns, rows, tile, together = 1 }: PictureSpace,
): TerminalPicture | { readonly problem: string } | null {
  const support = usePictureSupport();
  const [shown, setShown] = useState<TerminalPicture | { readonly problem: string } | null>(null);
  useEffect(() => {
    if (path === null || columns < 1 || rows < 1) return setShown(null);
    let wanted = true;
    readPicture(path, { columns, rows, tile, together }, support).then(
      (picture) => wanted && setShown(picture),
      (error: unknown) => wanted && setShown({ problem: messageOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [path, columns, rows, tile, together, support]);
  return shown;
}
