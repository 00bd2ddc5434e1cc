import { setImmediate } from 'node:timers/promises';
import { from, NEVER, Observable, type ObservableInput, type OperatorFunction } from 'rxjs';
import type { ImageBatch } from '../model/plainData.js';
import type { StepEvent } from './events.js';
import type { Recipe } from './recipe.js';
import type { TrainerLike } from './trainerLike.js';

export interface TrainStepOptions {
  /** Epoch of these batches, from 0. @default 0 */
  readonly epoch?: number;
  /** Batches made ahead of the one that is stepped. @default 2 */
  readonly prefetch?: number;
  /** Its first value lets the running step finish and then completes. @default never */
  readonly stop$?: ObservableInput<unknown>;
  /** Image files of the epoch taken before these batches. @default 0 */
  readonly imagesTaken?: number;
  /** Milliseconds, for the waiting time. @default performance.now */
  readonly now?: () => number;
}

/**
 * One training step per batch, never two at once, in batch order.
 *
 *     batches     ab----c----------|
 *     trainStep   ----A----B----C--|      (a step takes four)
 *     stop$       --------------x
 *     trainStep   ----A----B----(C|)
 *
 * Makes at most `prefetch` batches ahead, so a slow step slows the loading; nothing is lost. A batch that makes null is
 * passed over. An error of the source, of a batch or of a step ends the stream, once. Unsubscribing abandons what is
 * being made; the running step finishes inside the trainer.
 * Ownership: takes recipes and gives plain numbers; tensors stay inside the trainer, which stays the caller's.
 *
 * @throws RangeError at call time when `prefetch` is no positive integer
 */
export function trainStep(
  trainer: Pick<TrainerLike, 'step'>,
  options: TrainStepOptions = {},
): OperatorFunction<Recipe<ImageBatch>, StepEvent> {
  const { epoch = 0, prefetch = 2, stop$ = NEVER, imagesTaken = 0, now = () => performance.now() } = options;
  if (!Number.isInteger(prefetch) || prefetch < 1) {
    throw new RangeError(`trainStep: expected a prefetch that is a positive integer, got ${prefetch}`);
  }
  return (recipes$) =>
    new Observable((subscriber) => {
      const abort = new AbortController();
      const queue = makeAhead(prefetch, abort.signal);
      let [taken, completed, stopping, running] = [imagesTaken, false, false, false];

      const next = async () => {
        const begin = now();
        const { recipe, made } = queue.take();
        const batch = await made;
        if (subscriber.closed || stopping) return;
        queue.fill();
        taken += recipe.images;
        if (batch === null) return;
        const waitSeconds = (now() - begin) / 1000;
        const result = await trainer.step(batch, epoch);
        await setImmediate(); // a step may leave timers and signals no turn of their own
        if (subscriber.closed) return;
        subscriber.next({ type: 'step', ...result, imagesTaken: taken, waitSeconds });
      };
      const run = async () => {
        if (running) return;
        running = true;
        try {
          while (!queue.empty() && !subscriber.closed && !stopping) await next();
        } catch (error) {
          if (!stopping) subscriber.error(error);
        }
        running = false;
        if (stopping || completed) subscriber.complete();
      };
      const stop = () => {
        stopping = true;
        abort.abort();
        if (!running) subscriber.complete();
      };

      subscriber.add(() => abort.abort());
      subscriber.add(from(stop$).subscribe({ next: stop, error: (error) => subscriber.error(error) }));
      if (subscriber.closed) return;
      const source = recipes$.subscribe({
        next: (recipe) => {
          queue.add(recipe);
          queue.fill();
          void run();
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          completed = true;
          if (!running) subscriber.complete();
        },
      });
      subscriber.add(source);
    });
}

interface Made {
  readonly recipe: Recipe<ImageBatch>;
  readonly made: Promise<ImageBatch | null>;
}

/** Recipes that wait, and the first few of them being made. */
function makeAhead(prefetch: number, signal: AbortSignal) {
  let waiting: Recipe<ImageBatch>[] = [];
  let first = 0;
  const ahead: Made[] = [];
  const fill = () => {
    while (ahead.length < prefetch && first < waiting.length && !signal.aborted) {
      const recipe = waiting[first] as Recipe<ImageBatch>;
      first += 1;
      const made = (async () => recipe.make(signal))();
      made.catch(() => undefined); // seen by whoever takes it, if anyone does
      ahead.push({ recipe, made });
    }
    if (first > 1000 && first * 2 > waiting.length) [waiting, first] = [waiting.slice(first), 0];
  };
  return {
    fill,
    add: (recipe: Recipe<ImageBatch>) => void waiting.push(recipe),
    empty: () => ahead.length === 0 && first >= waiting.length,
    take(): Made {
      fill();
      const made = ahead.shift();
      if (!made) throw new Error('internal: nothing to take');
      return made;
    },
  };
}
