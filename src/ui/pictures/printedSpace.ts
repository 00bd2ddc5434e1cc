import type { CellSpace } from './bitmap.js';
import { isBitmapKind, type PictureSupport, pixelsOfCell } from './pictureSupport.js';

/** Lines left free for text printed after a picture. */
const below = 2;

/** The largest space that does not scroll the top of the screen away, with at most one cell per pixel. */
export function printedSpace(
  { width, height }: { readonly width: number; readonly height: number },
  { columns, rows }: CellSpace,
  support: PictureSupport,
): CellSpace {
  const room = { columns, rows: Math.max(1, rows - below) };
  if (isBitmapKind(support.kind)) return { ...room, columns: Math.min(columns, width) };
  const cell = pixelsOfCell(support);
  const pixelByPixel = { columns: Math.ceil(width / cell.width), rows: Math.ceil(height / cell.height) };
  return {
    columns: Math.min(room.columns, pixelByPixel.columns),
    rows: Math.min(room.rows, pixelByPixel.rows),
  };
}
