import {
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
import type { Nvae } from '../../model/nvae.js';
import { mapAhead } from '../flow/mapAhead.js';
import { batch } from '../images/batch.js';
import { decodeImages } from '../images/decodeImages.js';
import { decodingFor } from '../images/decodingFor.js';
import { evaluatedDraws } from './evaluatedDraws.js';
import type { EvaluationEvent, EvaluationProgress } from './evaluationEvents.js';
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
  const { samples = 1, batchSize = 16, count, seed = 0, onWarning = () => undefined } = options;
  checkCount('evaluate', 'samples', samples);
  checkCount('evaluate', 'batchSize', batchSize);
  if (count !== undefined) checkCount('evaluate', 'count', count);
  checkSeed('evaluate', seed);
  return defer(() => {
    const unwanted = new AbortController();
    let opened: Dataset | undefined;
    const listed = async () => {
      const dataset = typeof source === 'string' ? await datasetAt(source) : source;
      opened = dataset;
      return { dataset, items: await listItems(dataset, { signal: unwanted.signal, onWarning }) };
    };
    return from(listed()).pipe(
      mergeMap(({ dataset, items }) => evaluation(model, dataset, items, options)),
      finalize(() => {
        unwanted.abort();
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
): Observable<EvaluationEvent> {
  const {
    samples = 1,
    batchSize = 16,
    count = items.length,
    seed = 0,
    onWarning,
    clock = performance,
  } = options;
  const total = Math.min(count, items.length);
  const imagesIn = (number: number) => Math.min(batchSize, total - number * batchSize);
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
  const result$ = defer(() => {
    if (sums.images > 0) {
      const seconds = (clock.now() - begin) / 1000;
      const counts = { total, skipped: images - sums.images, stopped: images < total, samples, seed };
      const speed = { seconds, imagesPerSecond: sums.images / seconds };
      return of<EvaluationEvent>({ type: 'result', ...sums.result(), ...counts, ...speed });
    }
    if (stopped) return EMPTY;
    throw new DatasetError(dataset.name, `none of its images could be read (${total}); see the warnings`);
  });
  const batches$ = range(0, Math.ceil(total / batchSize));
  const start$ = defer(() => of(progress(0, 0)));
  return concat(start$, batches$.pipe(mapAhead(read, compute, { ahead: 1, stop$ })), result$);
}

function skippedMessage({ path, reason }: SkippedImage): string {
  return `${printable(path)}: skipped: ${reason}`;
}
