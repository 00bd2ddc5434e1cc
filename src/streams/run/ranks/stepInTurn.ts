import { concatMap, defer, EMPTY, from, type ObservableInput } from 'rxjs';
import type { StepResult } from '../../../training/trainer.js';
import type { Stepper } from '../trainStep.js';

/**
 * Makes a step only after a turn, in which all ranks agree to make it and tell how many images they have for it.
 *
 *     turn         --3|          --0|
 *     step            ----A|
 *     stepInTurn   -------A|     --|
 *
 * Without images on any rank, or when the turn says so, there is no step.
 *
 * @param turn emits or resolves to the number of images of all ranks, or 0 for no step
 * @param onTurn called with the milliseconds that the turn took
 */
export function stepInTurn(
  trainer: Stepper,
  turn: (images: number) => ObservableInput<number>,
  {
    clock = performance,
    onTurn,
  }: { readonly clock?: { now(): number }; readonly onTurn?: (milliseconds: number) => void } = {},
): Stepper {
  return {
    step: (batch, epoch) =>
      defer(() => {
        const begin = clock.now();
        return from(turn(batch.shape[0])).pipe(
          concatMap((images): ObservableInput<StepResult> => {
            onTurn?.(clock.now() - begin);
            return images === 0 ? EMPTY : trainer.step(batch, epoch);
          }),
        );
      }),
  };
}
