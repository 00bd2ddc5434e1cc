import { concatMap, defer, from, isObservable, map, type Observable, of, range } from 'rxjs';
import { checkSeed } from '../../base/checkNumbers.js';
import { nextTurn } from '../../base/nextTurn.js';
import type { ImageBatch } from '../../base/plainData.js';
import * as tf from '../../engine/tf.js';
import type { Statistic } from '../../model/distributions/outputDistribution.js';
import { imagesFromTensor } from '../../model/imageTensors.js';
import type { Nvae, Temperature } from '../../model/nvae.js';
import { keyedNoise } from '../../model/random.js';
import type { Trainer } from '../../training/trainer.js';

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

/** Where images come from: a model, or a run. */
export type SampleSource = Nvae | Pick<Trainer, 'sample'>;

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
  const { count = 9, batchSize = 9, firstBatch = 0 } = options;
  for (const [name, value] of Object.entries({ count, batchSize })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`samples: expected ${name} to be a positive integer, got ${value}`);
    }
  }
  if (!Number.isInteger(firstBatch) || firstBatch < 0) {
    throw new RangeError(`samples: expected firstBatch to be an integer >= 0, got ${firstBatch}`);
  }
  if (options.seed !== undefined) checkSeed('samples', options.seed);
  const sources = isObservable(source) ? source : of(source);
  return sources.pipe(
    concatMap((model) =>
      range(0, Math.ceil(count / batchSize)).pipe(
        map((i) => ({ draw: firstBatch + i, size: Math.min(batchSize, count - i * batchSize) })),
        concatMap(({ draw, size }) => defer(() => from(sampleOf(model, size, draw, options)))),
      ),
    ),
  );
}

async function sampleOf(
  source: SampleSource,
  size: number,
  draw: number,
  { temperature = 1, statistic = 'mean', seed }: SamplesOptions,
): Promise<ImageBatch> {
  if (!('plan' in source)) {
    return source.sample(size, temperature, { statistic, draw, ...(seed !== undefined && { seed }) });
  }
  const images = tf.tidy(() =>
    source.sample(size, temperature, keyedNoise(seed ?? 0, 'samples', draw), statistic),
  );
  try {
    await nextTurn(); // the native engine works inside one turn, and leaves timers and signals none of their own
    return await imagesFromTensor(images);
  } finally {
    images.dispose();
  }
}
