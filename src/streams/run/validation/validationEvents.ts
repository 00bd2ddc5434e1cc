/** One validation as one pipe: held-out images in, one event out. */
import { concat, defer, EMPTY, from, ignoreElements, map, type Observable, of, tap } from 'rxjs';
import type { NamedImages } from '../../../base/plainData.js';
import { valuesPerImage } from '../../../base/valuesPerImage.js';
import type { BestRecord } from '../../../checkpoint/validationRecord.js';
import { mapAhead } from '../../flow/mapAhead.js';
import { batchesAhead } from '../../images/batchesAhead.js';
import { decodingIn } from '../../images/decodingIn.js';
import { itemBatches } from '../../images/itemBatches.js';
import type { Recipe } from '../../images/recipe.js';
import type { EpochControls } from '../epochs/epochEvents.js';
import type { ValidationEvent } from '../events.js';
import type { ValidationSet } from '../opening/heldOutImages.js';
import type { Run } from '../opening/run.js';
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
  const { trainer, config, cache, skippedHeldOut: skipped } = run;
  const { prefetch = batchesAhead(config), clock = performance } = options;
  const { dataset, items } = set;
  return defer(() => {
    const watch = stopwatch(clock);
    const sums = validationMeans(valuesPerImage(config.model));
    const measure = (images: NamedImages | null) =>
      images === null ? EMPTY : from(trainer.evaluate(images)).pipe(tap(sums.add), ignoreElements());
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
    });
    const measured$ = batches$.pipe(
      mapAhead(make, measure, { ahead: prefetch, stop$, pause$, onPause: pausing }),
    );
    const end$ = defer(() => {
      const unread = skipped.endOf(epoch);
      if (isStopped()) return EMPTY;
      const seconds = watch.seconds();
      const means = sums.means();
      const before = store.state().validation?.best ?? null;
      const done = (best: BestRecord | null) =>
        store.dispatch({ type: 'validation', validation: { epoch, images: set.identity, best } });
      if (means.images === 0) {
        run.warn(
          'validation',
          `validation after epoch ${epoch + 1}: none of its ${items.length} images can be read`,
        );
        done(before);
        return EMPTY;
      }
      // Without the images that could not be read, the numbers cannot be compared with others.
      const isBest =
        unread.count === 0 && means.bitsPerDimension < (before?.bitsPerDimension ?? Number.POSITIVE_INFINITY);
      const record = { bitsPerDimension: means.bitsPerDimension, epoch, step: trainer.position.step };
      const written$ = isBest ? writeBestModel(run, options, record, stop$) : of(false);
      return written$.pipe(
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
    });
    return concat(measured$, end$);
  });
}
