import type { ImageBatch } from '../model/plainData.js';
import { type CellSpace, isBitmap, sharpOf, terminalPicture } from '../ui/pictures/bitmap.js';
import {
  isBitmapKind,
  noPictures,
  type PictureSupport,
  pixelsOfCell,
} from '../ui/pictures/pictureSupport.js';
import type { Output } from './output.js';
import { supportOfTerminal } from './supportOfTerminal.js';

/** Shows the first image of a batch on standard error; false where nobody could see it there. */
export type ShowPicture = (picture: ImageBatch) => Promise<boolean>;

/**
 * Makes a function that shows pictures, as well as the terminal can, which is asked now: later somebody may be typing.
 *
 * @throws Error where the person has chosen a way that there is not
 */
export async function pictureShower(output: Output): Promise<ShowPicture> {
  const support = output.colour ? await supportOfTerminal() : noPictures;
  return async (picture) => {
    if (support.kind === 'none') return false;
    const { columns = 80, rows = 24 } = process.stderr;
    const [, height, width] = picture.shape;
    const space = spaceFor({ width, height }, { columns, rows }, support);
    const shown = await terminalPicture(sharpOf(picture), { width, height }, space, support);
    output.progress(isBitmap(shown) ? shown.draw() : shown.join('\n'));
    return true;
  };
}

/**
 * As wide as the terminal, but a character for a pixel at most; as high as the screen, if it is not higher pixel by pixel.
 */
function spaceFor(
  { width, height }: { readonly width: number; readonly height: number },
  { columns, rows }: CellSpace,
  support: PictureSupport,
): CellSpace {
  const cell = pixelsOfCell(support);
  const pixelByPixel = Math.ceil(height / cell.height);
  const screen = isBitmapKind(support.kind) ? rows - 2 : 1;
  return { columns: Math.min(columns, width), rows: Math.max(screen, pixelByPixel) };
}
