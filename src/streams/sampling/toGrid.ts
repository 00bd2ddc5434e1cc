import { map, type OperatorFunction } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { grid } from '../../base/grid.js';
import type { ImageBatch } from '../../base/plainData.js';

/** Options of `toGrid`. */
export interface GridOptions {
  /** Number of images side by side. @default the smallest square that holds them */
  readonly columns?: number;
}

/**
 * Arranges the images of each batch in one picture, row by row, without gaps; empty places are black.
 *
 *     batches   a--b--|    [9, 32, 32, 3]
 *     toGrid    A--B--|    [1, 96, 96, 3]
 *
 * @param options number of columns
 * @throws RangeError at call time when `columns` is not a positive integer
 *
 * @example
 * ```ts
 * import { loadModel, samples, toGrid, useEngine, writeImages } from 'rx-nvae';
 * import { finalize } from 'rxjs';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * samples(model, { count: 16, batchSize: 16 })
 *   .pipe(
 *     toGrid({ columns: 4 }),
 *     writeImages('samples.png', 'grid'),
 *     finalize(() => model.dispose()),
 *   )
 *   .subscribe();
 * ```
 */
export function toGrid({ columns }: GridOptions = {}): OperatorFunction<ImageBatch, ImageBatch> {
  if (columns !== undefined) checkCount('toGrid', 'columns', columns);
  return map((batch) => grid(batch, columns));
}
