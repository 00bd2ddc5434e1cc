import type { PictureDepth } from './colourDepth.js';

/** Methods of showing pictures; the first three draw pixel by pixel. */
export const pictureKinds = ['kitty', 'iterm', 'sixel', 'blocks', 'none'] as const;
export type PictureKind = (typeof pictureKinds)[number];

/** How a terminal shows pictures. */
export interface PictureSupport {
  /** The method; with `none` files are named instead of shown. */
  readonly kind: PictureKind;
  /** Size of a character cell in pixels; assumed if the terminal does not report it. */
  readonly cell: { readonly width: number; readonly height: number };
  readonly depth: PictureDepth;
  /** Maximum number of colours in a sixel picture. */
  readonly sixelColours: number;
}

/** Assumed size of a cell; no common terminal has much smaller ones. */
export const assumedCell = { width: 8, height: 16 };

export const trueColourBlocks: PictureSupport = {
  kind: 'blocks',
  cell: assumedCell,
  depth: 24,
  sixelColours: 256,
};
export const noPictures: PictureSupport = { ...trueColourBlocks, kind: 'none' };

/** Whether the terminal receives pixels instead of text. */
export function isBitmapKind(kind: PictureKind): kind is 'kitty' | 'iterm' | 'sixel' {
  return kind === 'kitty' || kind === 'iterm' || kind === 'sixel';
}

/** Number of pixels that fit into a character cell. */
export function pixelsOfCell({ kind, cell }: PictureSupport): PictureSupport['cell'] {
  return isBitmapKind(kind) ? cell : { width: 1, height: 2 };
}

/** A description for `nvae doctor`. */
export function pictureWords({ kind, cell, depth, sixelColours }: PictureSupport): string {
  const cells = `cells of ${cell.width} x ${cell.height} pixels`;
  switch (kind) {
    case 'kitty':
      return `kitty graphics, ${cells}`;
    case 'iterm':
      return `inline images of iTerm2, ${cells}`;
    case 'sixel':
      return `sixel in ${sixelColours} colours, ${cells}`;
    case 'blocks':
      return `half blocks in ${depth === 24 ? 'true colour' : `${2 ** depth} colours`}`;
    case 'none':
      return 'none';
  }
}
