import type { PictureDepth } from './colourDepth.js';

/** The methods to choose from; the first three draw pixel by pixel. */
export const pictureKinds = ['kitty', 'iterm', 'sixel', 'blocks', 'none'] as const;
export type PictureKind = (typeof pictureKinds)[number];

/** How a terminal shows pictures. */
export interface PictureSupport {
  /** `none`: pictures are named instead of shown. */
  readonly kind: PictureKind;
  /** In pixels; assumed if the terminal does not report it. */
  readonly cell: { readonly width: number; readonly height: number };
  readonly depth: PictureDepth;
  /** Of a sixel picture, at most. */
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

/** Whether the terminal is given pixels, and not text. */
export function isBitmapKind(kind: PictureKind): kind is 'kitty' | 'iterm' | 'sixel' {
  return kind === 'kitty' || kind === 'iterm' || kind === 'sixel';
}

/** Pixels that a character cell has room for. */
export function pixelsOfCell({ kind, cell }: PictureSupport): PictureSupport['cell'] {
  return isBitmapKind(kind) ? cell : { width: 1, height: 2 };
}

/** As text, for `nvae doctor`. */
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
