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

/** Options of `readjustBatchNorm`. */
export interface ReadjustBatchNormOptions {
  /** Temperature at which images will be sampled. @default 1 */
  readonly temperature?: Temperature;
  /** Number of sampling passes in train mode. @default 20 */
  readonly iterations?: number;
  /** Number of images per iteration. @default 9 */
  readonly batchSize?: number;
  /** Seed of the noise. @default 0 */
  readonly seed?: number;
  /** Called after each iteration. */
  readonly onProgress?: (done: number, iterations: number) => void;
  /** Scheduler that starts each iteration, so that timers and signals get a turn. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Re-adjusts the batch-norm averages of each model to a temperature, by sampling in train mode.
 *
 *     models              m-----------|
 *     readjustBatchNorm   -------m----|
 *
 * Changes the model itself and emits it. Unsubscribing stops between two iterations.
 * Ownership: models stay the caller's; no tensor remains.
 *
 * @param options temperature, number of iterations, seed
 * @throws RangeError at call time when a number is out of range
 *
 * @example
 * ```ts
 * import { loadModel, readjustBatchNorm, samples, useEngine, writeImages } from 'rx-nvae';
 * import { concatMap, finalize, of } from 'rxjs';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * of(model)
 *   .pipe(
 *     readjustBatchNorm({ temperature: 0.7 }),
 *     concatMap((adjusted) => samples(adjusted, { temperature: 0.7 })),
 *     writeImages((i) => `new/${i}.png`),
 *     finalize(() => model.dispose()),
 *   )
 *   .subscribe();
 * ```
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
