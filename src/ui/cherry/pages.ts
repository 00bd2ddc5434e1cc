/** Which of the images are on the screen, and how large, so that one can choose by them. Pure. */
import type { CellSpace } from '../pictures/bitmap.js';

/** One way to show them. */
export interface Grid {
  readonly across: number;
  readonly down: number;
  /** Whether there is a second grid beside it. */
  readonly beside: boolean;
}

export interface Page extends Grid {
  /** Index of the first image that is shown. */
  readonly first: number;
  readonly count: number;
  /** Number of pages; 1 if all images are shown. */
  readonly pages: number;
  /** Whether `zoom` 1 would show them larger; else it begins again with all of them. */
  readonly canGrow: boolean;
}

export interface PageOptions {
  /** Images. */
  readonly images: number;
  /** Height and width of each. */
  readonly size: number;
  readonly space: CellSpace;
  /** Pixels that a character cell has. */
  readonly cell: { readonly width: number; readonly height: number };
  /** How often another size was requested. */
  readonly zoom: number;
  /** Index of an image on the page. */
  readonly at: number;
}

/** Share of the width that the images get where something is beside them. */
export const mainShare = 0.62;
/** Pixels of an image that one can choose by. */
const enough = 18;

/** The page with an image on it. With a zoom of 0 it has as many images as remain recognisable. */
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

/** From the one with the most images to a single one. */
function gridsOf(images: number): Grid[] {
  const all = { across: 3, down: Math.max(1, Math.ceil(images / 3)), beside: true };
  const row = { across: 3, down: 1, beside: false };
  return [all, ...(images > 3 ? [row] : []), { across: 1, down: 1, beside: false }];
}

/** Height and width of a square image, below its label. */
function pixelsOf(
  { across, down, beside }: Grid,
  { columns, rows }: CellSpace,
  cell: PageOptions['cell'],
): number {
  const width = Math.floor((beside ? Math.floor(columns * mainShare) : columns) / across) - 1;
  return Math.min(width * cell.width, (Math.floor(rows / down) - 1) * cell.height);
}
