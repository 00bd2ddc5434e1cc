import { map, type OperatorFunction } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { grid } from '../../base/grid.js';
import type { ImageBatch } from '../../base/plainData.js';

export interface GridOptions {
  /** Images beside each other. @default the smallest square that holds them */
  readonly columns?: number;
}

/**
 * The images of each batch in one picture, row by row, without gaps between them; missing ones at the end are black.
 *
 *     batches   a--b--|    [9, 32, 32, 3]
 *     toGrid    A--B--|    [1, 96, 96, 3]
 *
 * @throws RangeError at call time when `columns` is no positive integer
 */
export function toGrid({ columns }: GridOptions = {}): OperatorFunction<ImageBatch, ImageBatch> {
  if (columns !== undefined) checkCount('toGrid', 'columns', columns);
  return map((batch) => grid(batch, columns));
}
