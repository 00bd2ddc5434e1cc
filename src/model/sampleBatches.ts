/** New images batch by batch: code shared by `samples` and `pullSamples`. */
import { checkCount, checkSeed, checkWhole } from '../base/checkNumbers.js';
import type { ImageBatch } from '../base/plainData.js';
import type { Statistic } from './distributions/outputDistribution.js';
import type { SampleSource, Temperature } from './sampleSource.js';

/** Options of `samples` and `pullSamples`. */
export interface SamplesOptions {
  /** Multiplies the standard deviations of the latents: one number, or one per latent group. @default 1 */
  readonly temperature?: Temperature;
  /** Total number of images; `Infinity` for `pullSamples` only. @default 9 */
  readonly count?: number;
  /** Images per batch; the last batch may be smaller. @default 9 */
  readonly batchSize?: number;
  /** Number of the first batch; earlier batches are skipped. @default 0 */
  readonly firstBatch?: number;
  /** Which value of the output distribution a pixel gets. @default 'mean' */
  readonly statistic?: Statistic;
  /** Seed of the noise. @default 0 for a model; the run's seed for a trainer */
  readonly seed?: number;
}

export interface SampleBatches {
  /** Number of batches. */
  readonly length: number;
  /** Makes the batch with this number, from 0. */
  make(source: SampleSource, number: number): Promise<ImageBatch>;
}

/** @throws RangeError when a number is out of range; `where` is the function that received it */
export function sampleBatches(
  where: string,
  { temperature = 1, count = 9, batchSize = 9, firstBatch = 0, statistic = 'mean', seed }: SamplesOptions,
): SampleBatches {
  if (count !== Number.POSITIVE_INFINITY) checkCount(where, 'count', count);
  checkCount(where, 'batchSize', batchSize);
  checkWhole(where, 'firstBatch', firstBatch);
  if (seed !== undefined) checkSeed(where, seed);
  const options = { statistic, ...(seed !== undefined && { seed }) };
  return {
    length: Math.ceil(count / batchSize),
    make: (source, number) => {
      const size = Math.min(batchSize, count - number * batchSize);
      return source.sampleImages(size, temperature, { ...options, draw: firstBatch + number });
    },
  };
}
