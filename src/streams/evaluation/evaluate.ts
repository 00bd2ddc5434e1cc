import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  finalize,
  from,
  map,
  mergeMap,
  NEVER,
  type Observable,
  type ObservableInput,
  of,
  ReplaySubject,
  range,
  share,
  take,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import { checkCount, checkSeed } from '../../base/checkNumbers.js';
import { printable } from '../../base/messageText.js';
import type { NamedImages } from '../../base/plainData.js';
import type { Dataset, DatasetItem, ItemList } from '../../data/dataset.js';
import { datasetAt } from '../../data/datasetAt.js';
import { DatasetError } from '../../data/datasetError.js';
import type { SkippedImage } from '../../data/itemPixels.js';
import { itemAt } from '../../data/itemsOf.js';
import { listItems } from '../../data/listItems.js';
import { releaseIdleMemory } from '../../engine/idleMemory.js';
import type { ProcessGroup } from '../../group/processGroup.js';
import { shareOf } from '../../group/shareOf.js';
import type { Nvae } from '../../model/nvae.js';
import { mapAhead } from '../flow/mapAhead.js';
import { batch } from '../images/batch.js';
import { decodeImages } from '../images/decodeImages.js';
import { decodingFor } from '../images/decodingFor.js';
import { evaluatedDraws } from './evaluatedDraws.js';
import type { EvaluationEvent, EvaluationProgress } from './evaluationEvents.js';
import { type EvaluationRanks, evaluationOnRanks } from './evaluationOnRanks.js';
import { EvaluationSums } from './evaluationSums.js';

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /**
   * Draws from the posterior per image. More draws make the importance-weighted bound tighter; time grows with them, memory does
   * not. @default 1
   */
  readonly samples?: number;
  /** Images computed at a time; the results do not depend on it beyond rounding. @default 16 */
  readonly batchSize?: number;
  /** Number of images to evaluate, the first of the dataset. @default all */
  readonly count?: number;
  /** Seed of the draws; those of an image depend on it and the image's name. @default 0 */
  readonly seed?: number;
  /** When it first emits, the running draw finishes, and the result of the batches that are done is emitted. @default never */
  readonly stop$?: ObservableInput<unknown>;
  /** Called for what is left out of a folder, and for each image that is skipped. @default warnings are dropped */
  readonly onWarning?: (message: string) => void;
  /**
   * Shares out the images among the ranks of a group, each of which calls `evaluate` with the same model and images. Progress is that of
   * the rank; the result is that of all, and the same on each. The caller closes the group. @default this process alone
   */
  readonly group?: ProcessGroup;
  /** Clock for `seconds`, in milliseconds. @default performance */
  readonly clock?: { now(): number };
}

/**
 * Measures how well a model describes images that it was not trained on: negative ELBO, importance-weighted bound, bits per
 * dimension, KL and active units per latent group, and the error of reconstructions.
 *
 *     evaluate   p---p---p---p---(pr|)     p progress at the start and after each draw, r result
 *     stop$      -----------x
 *     evaluate   p---p---p---(r|)
 *
 * Each image counts once, also in a smaller last batch. Images that cannot be read are skipped with a warning. One batch is read
 * ahead of the one that is computed, and memory depends neither on the number of images nor on that of draws. If it is stopped
 * before the first batch is done, there is no result. The model is used with its batch-norm averages as they are: do not re-adjust
 * them before.
 *
 * Cold. Unsubscribing ends after the running draw.
 * Ownership: the model stays the caller's; events are plain data, and no tensor remains.
 *
 * @param model the model to evaluate
 * @param source a folder of images, with its subfolders, or a dataset
 * @param options number of draws, batch size, seed, stop
 * @throws RangeError at call time when a number is out of range
 * @throws DatasetError in the stream when the images cannot be listed, or none of them can be read
 * @throws NonFiniteImagesError in the stream when the output of the model is not finite for an image
 *
 * @example
 * ```ts
 * import { evaluate, loadModel, useEngine } from 'rx-nvae';
 * import { finalize } from 'rxjs';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * evaluate(model, 'new-photos', { samples: 10, onWarning: console.warn })
 *   .pipe(finalize(() => model.dispose()))
 *   .subscribe((event) => {
 *     if (event.type === 'progress') console.log(`${event.images} of ${event.total}`);
 *     else console.log(event.bitsPerDimension.mean, event.bitsPerDimension.standardError);
 *   });
 * ```
 */
export function evaluate(
  model: Nvae,
  source: string | Dataset,
  options: EvaluateOptions = {},
): Observable<EvaluationEvent> {
  const { samples = 1, batchSize = 16, count, seed = 0, group } = options;
  checkCount('evaluate', 'samples', samples);
  checkCount('evaluate', 'batchSize', batchSize);
  if (count !== undefined) checkCount('evaluate', 'count', count);
  checkSeed('evaluate', seed);
  return defer(() => {
    const { onWarning: warn = () => undefined } = options;
    const ranks = group && group.size > 1 ? evaluationOnRanks(group, warn) : null;
    const onWarning = ranks?.warn ?? warn;
    const onListWarning = ranks && group?.rank !== 0 ? () => undefined : warn; // rank 0 has the same list
    const unwanted = new AbortController();
    let opened: Dataset | undefined;
    const listed = async () => {
      const dataset = typeof source === 'string' ? await datasetAt(source) : source;
      opened = dataset;
      return {
        dataset,
        items: await listItems(dataset, { signal: unwanted.signal, onWarning: onListWarning }),
      };
    };
    return from(ranks?.list(listed) ?? listed()).pipe(
      mergeMap(({ dataset, items }) => evaluation(model, dataset, items, { ...options, onWarning }, ranks)),
      catchError((error: unknown) =>
        from(ranks?.leave(error) ?? [null]).pipe(mergeMap(() => throwError(() => error))),
      ),
      finalize(() => {
        ranks?.abandon();
        unwanted.abort();
        releaseIdleMemory();
        // the measurement is complete, or has failed for another reason
        void Promise.resolve(opened?.close?.()).catch(() => undefined);
      }),
    );
  });
}

/** The events for the listed items. */
function evaluation(
  model: Nvae,
  dataset: Dataset,
  items: ItemList<DatasetItem>,
  options: EvaluateOptions,
  ranks: EvaluationRanks | null,
): Observable<EvaluationEvent> {
  const {
    samples = 1,
    batchSize = 16,
    count = items.length,
    seed = 0,
    onWarning,
    group,
    clock = performance,
  } = options;
  const all = Math.min(count, items.length);
  const own = shareOf(Math.ceil(all / batchSize), group ?? { rank: 0, size: 1 });
  const end = Math.min(all, (own.first + own.count) * batchSize);
  const total = end - Math.min(all, own.first * batchSize); // of this rank
  const imagesIn = (number: number) => Math.min(batchSize, all - number * batchSize);
  const sums = new EvaluationSums(model);
  const begin = clock.now();
  let [images, stopped] = [0, false];
  // one subscription for all that wait for it
  const stop$ = from(options.stop$ ?? NEVER).pipe(
    take(1),
    tap(() => {
      stopped = true;
    }),
    share({ connector: () => new ReplaySubject(1), resetOnComplete: false, resetOnRefCountZero: false }),
  );
  const decoding = {
    ...decodingFor(model),
    dataset,
    onWarning: (_: string, skipped: SkippedImage) => onWarning?.(skippedMessage(skipped)),
  };
  // The numbers of batches, and not recipes of all images, wait for their turn.
  const read = (number: number, signal: AbortSignal) =>
    range(number * batchSize, imagesIn(number)).pipe(
      map((index) => itemAt(items, index)),
      decodeImages(decoding),
      batch(batchSize),
      mergeMap((recipe) => recipe.make(signal)),
    );
  const progress = (batchImages: number, draws: number): EvaluationProgress => ({
    type: 'progress',
    images,
    total,
    batchImages,
    draws,
    samples,
    seconds: (clock.now() - begin) / 1000,
    bitsPerDimension: sums.bitsPerDimension,
  });
  const compute = (batch: NamedImages | null, number: number) => {
    const evaluated$ = batch === null ? EMPTY : evaluatedDraws(model, batch, { samples, seed });
    const draws$ = evaluated$.pipe(
      concatMap((event) => {
        if (typeof event === 'number') return of(progress(imagesIn(number), event));
        sums.add(event);
        return EMPTY;
      }),
    );
    const done$ = defer(() => {
      images += imagesIn(number);
      return of(progress(0, 0));
    });
    return concat(draws$, done$).pipe(takeUntil(stop$));
  };
  const resultOf = (sums: EvaluationSums, images: number, stopped: boolean) => {
    if (sums.images > 0) {
      const seconds = (clock.now() - begin) / 1000;
      const counts = { total: all, skipped: images - sums.images, stopped: images < all, samples, seed };
      const speed = { seconds, imagesPerSecond: sums.images / seconds };
      return of<EvaluationEvent>({ type: 'result', ...sums.result(), ...counts, ...speed });
    }
    if (stopped) return EMPTY;
    throw new DatasetError(dataset.name, `none of its images could be read (${all}); see the warnings`);
  };
  const result$ = defer(() => {
    if (ranks === null) return resultOf(sums, images, stopped);
    return from(ranks.all(sums.state, { images, stopped })).pipe(
      concatMap(({ states, images, stopped }) => {
        const all = new EvaluationSums(model);
        for (const state of states) all.merge(state);
        return resultOf(all, images, stopped);
      }),
    );
  });
  const batches$ = range(own.first, own.count);
  const start$ = defer(() => of(progress(0, 0)));
  return concat(start$, batches$.pipe(mapAhead(read, compute, { ahead: 1, stop$ })), result$);
}

function skippedMessage({ path, reason }: SkippedImage): string {
  return `${printable(path)}: skipped: ${reason}`;
}
