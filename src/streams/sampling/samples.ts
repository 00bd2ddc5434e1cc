import { concatMap, defer, finalize, isObservable, type Observable, of, range } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import type { ImageBatch } from '../../base/plainData.js';
import { releaseIdleMemory } from '../../engine/idleMemory.js';
import { type SamplesOptions, sampleBatches } from '../../model/sampleBatches.js';
import type { SampleSource } from '../../model/sampleSource.js';

/**
 * New images, in batches.
 *
 *     samples   --a--b--(c|)
 *
 * The same seed, batch size and batch number give the same images. A trainer makes them between two steps and re-adjusts its
 * batch-norm averages for them; a model's averages are used as they are (see `readjustBatchNorm`).
 *
 * Batches are emitted as fast as they are made. If the consumer may be slower, request one batch at a time with `mapAhead`, or
 * pull them with `pullSamples`:
 *
 *     range(0, 1000).pipe(
 *       mapAhead(
 *         (i) => samples(model, { count: 9, firstBatch: i }),
 *         (batch, i) => of(batch).pipe(writeImages((j) => `${9 * i + j}.png`)),
 *         { ahead: 1 },
 *       ),
 *     )
 *
 * Cold. Unsubscribing finishes the batch that is being made and makes no further one.
 * Ownership: the source stays the caller's; batches are plain data, and no tensor remains.
 *
 * @param source a model, a trainer, another `SampleSource`, or a stream of these, sampled one after the other
 * @param options number of images, batch size, temperature, and more
 * @returns batches `[n, height, width, channels]`
 * @throws RangeError at call time when a number is out of range; in the stream whatever the source throws
 *
 * @example
 * ```ts
 * import { loadModel, samples, useEngine, writeImages } from 'rx-nvae';
 * import { finalize } from 'rxjs';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * samples(model, { count: 16, temperature: 0.7 })
 *   .pipe(
 *     writeImages((i) => `new/${i}.png`),
 *     finalize(() => model.dispose()),
 *   )
 *   .subscribe((path) => console.log(path));
 * ```
 */
export function samples(
  source: SampleSource | Observable<SampleSource>,
  options: SamplesOptions = {},
): Observable<ImageBatch> {
  if (options.count !== undefined) checkCount('samples', 'count', options.count);
  const { length, make } = sampleBatches('samples', options);
  const sources = isObservable(source) ? source : of(source);
  return sources.pipe(
    concatMap((one) => range(0, length).pipe(concatMap((number) => defer(() => make(one, number))))),
    finalize(releaseIdleMemory),
  );
}
