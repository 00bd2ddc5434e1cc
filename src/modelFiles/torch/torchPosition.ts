/** How far the run of a PyTorch checkpoint is. Works without Node, and loads nothing of the model. */
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import type { Position } from '../../checkpoint/snapshot.js';
import { describePickleValue } from '../../pytorch/describePickleValue.js';
import { isDict } from '../../pytorch/pickleValue.js';
import type { TorchFile } from '../../pytorch/torchFile.js';
import { countOf, type TorchDict, torchEntries } from './torchEntries.js';
import { stepOf, torchOptimizer } from './torchOptimizer.js';

/**
 * The position of a run that has made `updates` steps. The file does not say how many batches were skipped, nor how far its epoch
 * was, so training goes on at the start of the epoch.
 * @throws CheckpointError when an entry is missing or is not a count
 */
export function positionOf(run: TorchDict, updates: number, where: string): Position {
  const count = (key: string): number => {
    const value = countOf(run.get(key));
    if (value !== null) return value;
    throw new CheckpointError(
      where,
      `its entry "${key}": expected an integer >= 0, got ${describePickleValue(run.get(key))}`,
    );
  };
  return { epoch: count('epoch'), batchInEpoch: 0, step: updates, imagesSeen: count('seen_images') };
}

/**
 * Reads the position from a file, without its weights.
 * @throws CheckpointError when it is not a checkpoint
 */
export async function torchPosition(file: TorchFile, where: string): Promise<Position> {
  const { run } = torchEntries(file.content, where);
  if (!run) throw new CheckpointError(where, 'this is a model, not a checkpoint');
  const [slots] = torchOptimizer(run, where).state.values();
  return positionOf(run, await stepOf(file, isDict(slots) ? slots.get('step') : undefined, where), where);
}
