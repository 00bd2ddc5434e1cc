import {
  asyncScheduler,
  concatMap,
  last,
  type MonoTypeOperatorFunction,
  map,
  range,
  type SchedulerLike,
  tap,
  timer,
} from 'rxjs';
import { checkCount, checkSeed, checkWhole } from '../../base/checkNumbers.js';
import type { Nvae } from '../../model/nvae.js';
import { keyedNoise } from '../../model/random.js';
import type { Temperature } from '../../model/sampleSource.js';

export interface ReadjustBatchNormOptions {
  /** The one that images will be sampled at. @default 1 */
  readonly temperature?: Temperature;
  /** Sampling passes in train mode. @default 20 */
  readonly iterations?: number;
  /** Images per iteration. @default 9 */
  readonly batchSize?: number;
  /** @default 0 */
  readonly seed?: number;
  /** Called after each iteration. */
  readonly onProgress?: (done: number, iterations: number) => void;
  /** Gives timers and signals their turn before each iteration. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Move the batch-norm averages of each model to what they are at this temperature, by sampling passes in train mode.
 *
 *     models              m-----------|
 *     readjustBatchNorm   -------m----|
 *
 * Changes the model itself and passes it on; an unsubscribe stops between two iterations.
 *
 * @throws RangeError at call time when a number makes no sense
 */
export function readjustBatchNorm(options: ReadjustBatchNormOptions = {}): MonoTypeOperatorFunction<Nvae> {
  const {
    temperature = 1,
    iterations = 20,
    batchSize = 9,
    seed = 0,
    onProgress,
    scheduler = asyncScheduler,
  } = options;
  checkWhole('readjustBatchNorm', 'iterations', iterations);
  checkCount('readjustBatchNorm', 'batchSize', batchSize);
  checkSeed('readjustBatchNorm', seed);
  return concatMap((model) =>
    range(0, iterations).pipe(
      concatMap((i) => timer(0, scheduler).pipe(map(() => i))),
      tap((i) => {
        model.readjustBatchNorm(1, batchSize, temperature, () => keyedNoise(seed, 'readjust', i));
        onProgress?.(i + 1, iterations);
      }),
      last(null, -1),
      map(() => model),
    ),
  );
}
