/** One validation as one pipe: held-out images in, one event out. */
import {
  concat,
  concatMap,
  defer,
  EMPTY,
  from,
  ignoreElements,
  lastValueFrom,
  map,
  type Observable,
  of,
  tap,
} from 'rxjs';
import type { NamedImages } from '../../../base/plainData.js';
import { valuesPerImage } from '../../../base/valuesPerImage.js';
import type { BestRecord } from '../../../checkpoint/validationRecord.js';
import { shareOf } from '../../../group/shareOf.js';
import { mapAhead } from '../../flow/mapAhead.js';
import { batchesAhead } from '../../images/batchesAhead.js';
import { decodingIn } from '../../images/decodingIn.js';
import { itemBatches } from '../../images/itemBatches.js';
import type { Recipe } from '../../images/recipe.js';
import type { EpochControls } from '../epochs/epochEvents.js';
import { allUnread, type Unread } from '../epochs/skippedImages.js';
import type { ValidationEvent } from '../events.js';
import type { ValidationSet } from '../opening/heldOutImages.js';
import type { Run } from '../opening/run.js';
import type { RunRanks } from '../ranks/runRanks.js';
import type { RunStore } from '../state/runStore.js';
import type { TrainOptions } from '../trainOptions.js';
import { bestModelOf } from './bestModelOf.js';
import { stopwatch } from './stopwatch.js';
import { validationMeans } from './validationMeans.js';
import { writeBestModel } from './writeBestModel.js';

/**
 * Measures the model on the held-out images, writes it if it is the best so far, and emits a `validation` event. Changes nothing
 * that training depends on. If the run is stopped meanwhile, it emits nothing, and the validation stays due.
 *
 * @param epoch the finished epoch, from 0
 */
export function validationEvents(
  run: Run,
  set: ValidationSet,
  options: TrainOptions,
  store: RunStore,
  epoch: number,
  { stop$, isStopped, pause$, onPause }: EpochControls,
): Observable<ValidationEvent> {
  const { trainer, config, cache, ranks, skippedHeldOut: skipped } = run;
  const { prefetch = batchesAhead(config), clock = performance } = options;
  const { dataset, items } = set;
  return defer(() => {
    const watch = stopwatch(clock);
    const sums = validationMeans(valuesPerImage(config.model), trainer.model.latentShapes.length);
    const measure = (images: NamedImages | null) =>
      images === null || images.shape[0] === 0
        ? EMPTY
        : from(trainer.evaluate(images)).pipe(tap(sums.add), ignoreElements());
    const measureInTurn = (images: NamedImages | null) =>
      from(ranks?.turn(images?.shape[0] ?? 0, pausing) ?? EMPTY).pipe(
        concatMap(() => (isStopped() ? EMPTY : measure(images))),
      );
    const make = (recipe: Recipe<NamedImages>, signal: AbortSignal) => recipe.make(signal);
    const pausing = (paused: boolean) => {
      watch.hold(paused);
      onPause(paused);
    };
    const batches$ = itemBatches(items, {
      ...decodingIn(config),
      dataset,
      cache,
      onWarning: skipped.tell,
      batchSize: config.training.batchSize,
      shares: ranks ? (images) => [shareOf(images, ranks.group)] : undefined,
    });
    const measured$ = batches$.pipe(
      ranks
        ? mapAhead(make, measureInTurn, { ahead: prefetch, stop$ })
        : mapAhead(make, measure, { ahead: prefetch, stop$, pause$, onPause: pausing }),
    );
    const conclude = (unread: number): Observable<ValidationEvent> => {
      const seconds = watch.seconds();
      const means = sums.means();
      const before = store.state().validation?.best ?? null;
      const done = (best: BestRecord | null) =>
        store.dispatch({ type: 'validation', validation: { epoch, images: set.identity, best } });
      if (means.images === 0) {
        const problem = `validation after epoch ${epoch + 1}: none of its ${items.length} images can be read`;
        if (ranks?.speaks !== false) run.warn('validation', problem);
        done(before);
        return EMPTY;
      }
      // Without the images that could not be read, the numbers cannot be compared with others.
      const isBest =
        unread === 0 && means.bitsPerDimension < (before?.bitsPerDimension ?? Number.POSITIVE_INFINITY);
      const record = { bitsPerDimension: means.bitsPerDimension, epoch, step: trainer.position.step };
      const write$ = writeBestModel(run, options, record, stop$);
      const written$ = isBest ? (ranks?.ofFirst(() => lastValueFrom(write$)) ?? write$) : of(false);
      return from(written$).pipe(
        map((best): ValidationEvent => {
          const now = best ? record : before;
          done(now);
          const position = { ...trainer.position, epoch };
          return {
            type: 'validation',
            ...position,
            ...means,
            best,
            bestModel: bestModelOf(run, now),
            seconds,
          };
        }),
      );
    };
    const end$ = defer(() => {
      const unread = skipped.endOf(epoch);
      if (isStopped()) return EMPTY;
      return ranks
        ? from(sumOfRanks(ranks, sums.sums, unread)).pipe(concatMap(conclude))
        : conclude(unread.count);
    });
    return concat(measured$, end$);
  });
}

/** Adds up the sums of all ranks, in place; returns how many images they could not read. */
async function sumOfRanks(
  { together, group }: RunRanks,
  sums: Float64Array,
  unread: Unread,
): Promise<number> {
  const { count } = allUnread(await together(async () => unread));
  await group.allReduce(sums);
  return count;
}
