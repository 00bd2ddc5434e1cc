import { concatMap, defer, isObservable, map, type Observable, of, range } from 'rxjs';
import { checkCount, checkSeed, checkWhole } from '../../base/checkNumbers.js';
import type { ImageBatch } from '../../base/plainData.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import type { SampleSource, Temperature } from '../../model/sampleSource.js';

export interface SamplesOptions {
  /** Multiplies the standard deviations of the latents: one number, or one per latent group. @default 1 */
  readonly temperature?: Temperature;
  /** Number of images in all. @default 9 */
  readonly count?: number;
  /** Images at a time. @default 9 */
  readonly batchSize?: number;
  /** Number of the first batch: those before it are left out, and cost nothing. @default 0 */
  readonly firstBatch?: number;
  /** What is taken of the pixels' distribution. @default 'mean' */
  readonly statistic?: Statistic;
  /** @default 0 for a model; a trainer's own for a trainer */
  readonly seed?: number;
}

/**
 * New images, in batches.
 *
 *     samples   --a--b--(c|)
 *
 * The same seed, batch size and number of a batch give the same images. A trainer makes them between two steps, and
 * re-adjusts its batch-norm averages for them; a model's are used as they are (see `readjustBatchNorm`). The source stays
 * the caller's; no tensor is left.
 *
 * Batches come as fast as they are made. Where what follows may be slower, ask for one at a time and keep few waiting:
 *
 *     range(0, 1000).pipe(
 *       mapAhead(
 *         (i) => samples(model, { count: 9, firstBatch: i }),
 *         (batch, i) => of(batch).pipe(writeImages((j) => `${9 * i + j}.png`)),
 *         { ahead: 1 },
 *       ),
 *     )
 *
 * @throws RangeError at call time when a number makes no sense
 */
export function samples(
  source: SampleSource | Observable<SampleSource>,
  options: SamplesOptions = {},
): Observable<ImageBatch> {
  const { temperature = 1, count = 9, batchSize = 9, firstBatch = 0, statistic = 'mean', seed } = options;
  checkCount('samples', 'count', count);
  checkCount('samples', 'batchSize', batchSize);
  checkWhole('samples', 'firstBatch', firstBatch);
  if (seed !== undefined) checkSeed('samples', seed);
  const seeded = seed === undefined ? {} : { seed };
  const sources = isObservable(source) ? source : of(source);
  return sources.pipe(
    concatMap((model) =>
      range(0, Math.ceil(count / batchSize)).pipe(
        map((i) => ({ draw: firstBatch + i, size: Math.min(batchSize, count - i * batchSize) })),
        concatMap(({ draw, size }) =>
          defer(() => model.sampleImages(size, temperature, { statistic, draw, ...seeded })),
        ),
      ),
    ),
  );
}
