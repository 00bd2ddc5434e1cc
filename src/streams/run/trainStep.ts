import { defer, EMPTY, from, map, type ObservableInput, type OperatorFunction, tap } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import type { ImageBatch } from '../../base/plainData.js';
import type { StepResult } from '../../training/trainer.js';
import { mapAhead } from '../flow/mapAhead.js';
import type { StepEvent } from './events.js';

export interface TrainStepOptions {
  /** Epoch of these batches, from 0. @default 0 */
  readonly epoch?: number;
  /** Batches made ahead of the one that is stepped. @default 2 */
  readonly prefetch?: number;
  /** Its first value lets the running step finish and then completes. @default never */
  readonly stop$?: ObservableInput<unknown>;
  /** `true` holds before the next step, `false` goes on. @default never */
  readonly pause$?: ObservableInput<boolean>;
  /** Told when it begins to hold, which is after the running step, and when it goes on. */
  readonly onPause?: (paused: boolean) => void;
  /** Image files of the epoch taken before these batches. @default 0 */
  readonly imagesTaken?: number;
  /** Milliseconds, for the waiting time. @default performance */
  readonly clock?: { now(): number };
}

/** What makes a step: a `Trainer`, or what stands in for one. */
export interface Stepper {
  step(batch: ImageBatch, epoch: number): ObservableInput<StepResult>;
}

/** A `Recipe<ImageBatch>`, or what stands in for one. */
export interface BatchRecipe {
  readonly images: number;
  make(signal?: AbortSignal): ObservableInput<ImageBatch | null>;
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
 * passed over. An error of the source, of a batch or of a step ends the stream, once. Unsubscribing
 * abandons what is being made; the running step finishes inside the trainer.
 * Ownership: takes recipes and gives plain numbers; tensors stay inside the trainer, which stays the caller's.
 *
 * @throws RangeError at call time when `prefetch` is no positive integer
 */
export function trainStep(
  trainer: Stepper,
  options: TrainStepOptions = {},
): OperatorFunction<BatchRecipe, StepEvent> {
  const { epoch = 0, prefetch = 2, imagesTaken = 0, clock = performance, stop$, pause$, onPause } = options;
  checkCount('trainStep', 'prefetch', prefetch);
  return (recipes$) =>
    defer(() => {
      let taken = imagesTaken;
      let idleSince = clock.now();
      const idle = () => {
        idleSince = clock.now();
      };
      const make = (recipe: BatchRecipe, signal: AbortSignal) => recipe.make(signal);
      const step = (batch: ImageBatch | null, { images }: BatchRecipe) => {
        taken += images;
        if (batch === null) return EMPTY;
        const waitSeconds = (clock.now() - idleSince) / 1000;
        return from(trainer.step(batch, epoch)).pipe(
          tap({ complete: idle }),
          map((result): StepEvent => ({ type: 'step', ...result, imagesTaken: taken, waitSeconds })),
        );
      };
      const held = (paused: boolean) => {
        idle();
        onPause?.(paused);
      };
      return recipes$.pipe(
        mapAhead(make, step, {
          ahead: prefetch,
          onPause: held,
          ...(stop$ && { stop$ }),
          ...(pause$ && { pause$ }),
        }),
      );
    });
}
