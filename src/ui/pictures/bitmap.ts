/** Pictures prepared for a terminal: fitted into character cells, and encoded. */
import sharp, { type Sharp } from 'sharp';
import type { ImageBatch } from '../../base/plainData.js';
import { halfBlocks } from '../halfBlocks.js';
import { itermPicture } from './iterm.js';
import { kittyDeletion, kittyPicture } from './kitty.js';
import { type PictureSupport, pixelsOfCell } from './pictureSupport.js';
import { quantise } from './quantise.js';
import { sixelPicture } from './sixel.js';

/** A picture of pixels that covers a number of character cells. */
export interface Bitmap {
  readonly columns: number;
  readonly rows: number;
  /** Draws it at the cursor. With an id it lies over a screen, and the cursor stays; without an id it is printed. */
  draw(id?: number): string;
  /** Erases it, if that takes more than writing over its cells. */
  erase(id: number): string;
}

/** Lines of text, or pixels. */
export type TerminalPicture = readonly string[] | Bitmap;

export function isBitmap(picture: TerminalPicture): picture is Bitmap {
  return 'draw' in picture;
}

/** Size in character cells. */
export interface CellSpace {
  readonly columns: number;
  readonly rows: number;
}

/** Number of pixel rows in one band of sixels. */
const band = 6;

/**
 * A picture of `width` by `height`, as large as the space allows: reduced smoothly, enlarged pixel by pixel. No lines if the
 * terminal cannot show pictures.
 */
export async function terminalPicture(
  source: Sharp,
  { width, height }: { readonly width: number; readonly height: number },
  { columns, rows }: CellSpace,
  support: PictureSupport,
): Promise<TerminalPicture> {
  if (support.kind === 'none') return [];
  const cell = pixelsOfCell(support);
  const room = { width: columns * cell.width, height: roomBelow(rows * cell.height, support) };
  const larger = height <= room.height && width <= room.width;
  const { data, info } = await source
    .resize({ ...room, fit: 'inside', kernel: larger ? 'nearest' : 'lanczos3' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const image: ImageBatch = { pixels: data, shape: [1, info.height, info.width, 3] };
  return support.kind === 'blocks' ? halfBlocks(image, columns, support.depth) : bitmapOf(image, support);
}

/** The first image of a batch. */
export function sharpOf({ pixels, shape: [, height, width, channels] }: ImageBatch): Sharp {
  return sharp(pixels.subarray(0, height * width * channels), { raw: { width, height, channels } });
}

/** If the height is not a multiple of a band, the last band extends below the picture and may erase there. */
function roomBelow(height: number, { kind }: PictureSupport): number {
  return kind === 'sixel' ? Math.max(band, height - (height % band)) : height;
}

async function bitmapOf(image: ImageBatch, { kind, cell, sixelColours }: PictureSupport): Promise<Bitmap> {
  const [, height, width] = image.shape;
  const place = { columns: Math.ceil(width / cell.width), rows: Math.ceil(height / cell.height) };
  if (kind === 'sixel') {
    const text = sixelPicture(quantise(image, sixelColours));
    return { ...place, draw: () => text, erase: () => '' };
  }
  const png = await sharpOf(image)
    .ensureAlpha()
    // Extend to whole cells, since the terminal stretches the picture to them.
    .extend({
      right: place.columns * cell.width - width,
      bottom: place.rows * cell.height - height,
      background: { r: 0, g: 0, b: 0, alpha: 0 },
    })
    .png()
    .toBuffer();
  return kind === 'kitty'
    ? {
        ...place,
        draw: (id) => kittyPicture(png, { ...place, ...(id !== undefined && { id }) }),
        erase: kittyDeletion,
      }
    : {
        ...place,
        draw: (id) => itermPicture(png, { ...place, still: id !== undefined }),
        erase: () => '',
      };
}
