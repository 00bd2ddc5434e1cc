import { defer, EMPTY, from, map, type ObservableInput, type OperatorFunction, tap } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import type { ImageBatch } from '../../base/plainData.js';
import type { StepResult } from '../../training/trainer.js';
import { mapAhead } from '../flow/mapAhead.js';
import type { StepEvent } from './events.js';

/** Options of `trainStep`. All of them are optional. */
export interface TrainStepOptions {
  /** Epoch of these batches, from 0: the KL warm-up and the learning rate depend on it. @default 0 */
  readonly epoch?: number;
  /** Number of batches prepared while a step is running. @default 2 */
  readonly prefetch?: number;
  /** When it first emits, the running step finishes and the stream completes. @default never */
  readonly stop$?: ObservableInput<unknown>;
  /** `true` pauses before the next step, `false` continues. @default never */
  readonly pause$?: ObservableInput<boolean>;
  /** Called with `true` when the stream pauses, after the running step, and with `false` when it continues. */
  readonly onPause?: (paused: boolean) => void;
  /** Images of the epoch that were taken from the dataset before these batches. @default 0 */
  readonly imagesTaken?: number;
  /** Clock for `waitSeconds`, in milliseconds. @default performance */
  readonly clock?: { now(): number };
}

/** Makes steps: a `Trainer`, or a stand-in for one. */
export interface Stepper {
  /**
   * Trains on one batch; emits or resolves to the result once.
   *
   * @param batch the images; plain data, which the step must not change
   * @param epoch epoch of the batch, from 0
   */
  step(batch: ImageBatch, epoch: number): ObservableInput<StepResult>;
}

/** A batch that has not been made yet: a `Recipe<ImageBatch>`, or a stand-in for one. */
export interface BatchRecipe {
  /** Number of images it takes from the dataset, including damaged ones. */
  readonly images: number;
  /**
   * Makes the batch; null if none of its images can be read.
   *
   * @param signal aborts when the batch is no longer needed
   */
  make(signal?: AbortSignal): ObservableInput<ImageBatch | null>;
}

/**
 * Makes one training step per batch, one at a time, in the order of the batches.
 *
 *     batches     ab----c----------|
 *     trainStep   ----A----B----C--|      (a step takes four)
 *     stop$       --------------x
 *     trainStep   ----A----B----(C|)
 *
 * Prepares at most `prefetch` batches ahead, so a slow step slows down the loading, and no batch is lost. A batch that is
 * null makes no step. An error of the source, of a batch or of a step ends the stream. Unsubscribing aborts the batches
 * that are being made; the running step finishes inside the trainer.
 * Ownership: takes recipes and emits plain numbers. Tensors stay inside the trainer, which the caller disposes.
 *
 * @param trainer the trainer that makes the steps
 * @param options epoch, prefetch, and what stops and pauses the stream
 * @returns an operator from recipes of batches to step events, with losses in nats per image
 * @throws RangeError at call time when `prefetch` is not a positive integer
 *
 * @example
 * const trainer = await Trainer.create(config);
 * images('photos')
 *   .pipe(shuffle(1, 0), decodeImages({ size: 64 }), batch(32), trainStep(trainer))
 *   .subscribe(({ step, loss }) => console.log(step, loss));
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
      const pausing = (paused: boolean) => {
        idle(); // a pause does not count as waiting for images
        onPause?.(paused);
      };
      return recipes$.pipe(
        mapAhead(make, step, {
          ahead: prefetch,
          onPause: pausing,
          ...(stop$ && { stop$ }),
          ...(pause$ && { pause$ }),
        }),
      );
    });
}
