import { map, type OperatorFunction, pipe } from 'rxjs';
import type { StepEvent } from '../events.js';
import type { Run } from '../opening/run.js';
import { type BatchRecipe, type TrainStepOptions, trainStep } from '../trainStep.js';
import type { RunRanks } from './runRanks.js';
import { stepInTurn } from './stepInTurn.js';

/** As `trainStep`, on a rank of a group: pauses and stops when all ranks do, and waits for the batches of all. */
export function trainInTurns(
  { trainer }: Pick<Run, 'trainer'>,
  ranks: RunRanks,
  { onPause = () => undefined, clock = performance, ...options }: Omit<TrainStepOptions, 'pause$'>,
): OperatorFunction<BatchRecipe, StepEvent> {
  let waited = 0;
  let held = 0;
  let heldSince = 0;
  const pausing = (paused: boolean) => {
    if (paused) heldSince = clock.now();
    else held = clock.now() - heldSince;
    onPause(paused);
  };
  const turn = (images: number) => {
    held = 0;
    return ranks.turn(images, pausing);
  };
  const onTurn = (milliseconds: number) => {
    waited = (milliseconds - held) / 1000; // a pause does not count as waiting for images
  };
  const step: typeof trainer.step = (batch, epoch) => ranks.step(() => trainer.step(batch, epoch));
  return pipe(
    trainStep(stepInTurn({ step }, turn, { clock, onTurn }), { ...options, clock }),
    map((event) => ({ ...event, waitSeconds: event.waitSeconds + waited })),
  );
}
