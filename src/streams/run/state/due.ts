/** When the state of a run is written, and pictures are made of it. */
import type { DataPosition } from '../../../checkpoint/checkpoint.js';
import type { Position } from '../../../checkpoint/snapshot.js';
import type { TrainingConfig } from '../../../config/types.js';
import type { EpochEvent, StepEvent } from '../events.js';
import type { RunRequest } from '../runCommand.js';

/** A moment between two steps at which something is written. */
export interface Due extends Position, DataPosition {
  readonly type: 'due';
  readonly wants: ReadonlySet<RunRequest>;
}

export function isDue(event: { readonly type: string }): event is Due {
  return event.type === 'due';
}

export function dueAt(
  { batchInEpoch, step, imagesSeen }: Position,
  data: DataPosition,
  wants: Iterable<RunRequest>,
): Due {
  return { type: 'due', ...data, batchInEpoch, step, imagesSeen, wants: new Set(wants) };
}

/** What the configuration wants written whenever a checkpoint is. */
export function scheduledWants({ writeReconstruction }: TrainingConfig): RunRequest[] {
  return writeReconstruction ? ['checkpoint', 'reconstruct', 'sample'] : ['checkpoint', 'sample'];
}

/** Whether the configuration wants a checkpoint behind this event. */
export function isScheduled(event: StepEvent | EpochEvent, training: TrainingConfig): boolean {
  const { imagesPerCheckpoint, batchSize, epochsPerCheckpoint } = training;
  if (event.type === 'epoch') return (event.epoch + 1) % epochsPerCheckpoint === 0;
  return imagesPerCheckpoint !== null && event.step % Math.ceil(imagesPerCheckpoint / batchSize) === 0;
}
