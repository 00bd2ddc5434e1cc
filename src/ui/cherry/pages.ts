/** Chooses which images are on the screen, and how large, so that they are recognisable. Pure. */
import type { CellSpace } from '../pictures/bitmap.js';

/** One way to arrange them. */
export interface Grid {
  readonly across: number;
  readonly down: number;
  /** Whether there is a second grid beside it. */
  readonly beside: boolean;
}

export interface Page extends Grid {
  /** Index of the first image shown. */
  readonly first: number;
  readonly count: number;
  /** Number of pages; 1 if all images are shown. */
  readonly pages: number;
  /** Whether `zoom + 1` would show them larger; otherwise it starts again with all of them. */
  readonly canGrow: boolean;
}

export interface PageOptions {
  /** Number of images. */
  readonly images: number;
  /** Height and width of each image. */
  readonly size: number;
  readonly space: CellSpace;
  /** Size of a character cell in pixels. */
  readonly cell: { readonly width: number; readonly height: number };
  /** How many times the size was changed. */
  readonly zoom: number;
  /** Index of an image on the page. */
  readonly at: number;
}

/** Share of the width for the images if something is beside them. */
export const mainShare = 0.62;
/** Smallest size in pixels at which an image is recognisable. */
const enough = 18;

/** The page that contains an image. With a zoom of 0 it has as many images as remain recognisable. */
export function pageOf({ images, size, space, cell, zoom, at }: PageOptions): Page {
  const grids = gridsOf(images);
  const wanted = Math.min(size, enough);
  const fitting = grids.findIndex((grid) => pixelsOf(grid, space, cell) >= wanted);
  const start = fitting < 0 ? grids.length - 1 : fitting;
  const index = (start + zoom) % grids.length;
  const grid = grids[index] ?? { across: 1, down: 1, beside: false };
  const perPage = grid.across * grid.down;
  const pages = Math.max(1, Math.ceil(images / perPage));
  const page = Math.min(pages - 1, Math.max(0, Math.floor(at / perPage)));
  const first = page * perPage;
  return {
    ...grid,
    first,
    count: Math.min(perPage, images - first),
    pages,
    canGrow: index < grids.length - 1,
  };
}

/** Arrangements, from the one with the most images to a single image. */
function gridsOf(images: number): Grid[] {
  const all = { across: 3, down: Math.max(1, Math.ceil(images / 3)), beside: true };
  const row = { across: 3, down: 1, beside: false };
  return [all, ...(images > 3 ? [row] : []), { across: 1, down: 1, beside: false }];
}

/** Height and width in pixels of a square image below its label. */
function pixelsOf(
  { across, down, beside }: Grid,
  { columns, rows }: CellSpace,
  cell: PageOptions['cell'],
): number {
  const width = Math.floor((beside ? Math.floor(columns * mainShare) : columns) / across) - 1;
  return Math.min(width * cell.width, (Math.floor(rows / down) - 1) * cell.height);
}
