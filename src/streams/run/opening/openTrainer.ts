/** Creates the trainer of a run, and restores its checkpoint if there is one. */
import { messageOf } from '../../../base/errors.js';
import type { Checkpoint } from '../../../checkpoint/checkpointContent.js';
import { CheckpointError } from '../../../checkpoint/checkpointError.js';
import { checkpointExists } from '../../../checkpoint/checkpointExists.js';
import type { NvaeConfig } from '../../../config/types.js';
import { checkArchitecture } from '../../../modelFiles/checkArchitecture.js';
import { readCheckpoint } from '../../../modelFiles/readCheckpoint.js';
import { isTorchPath } from '../../../modelFiles/torch/isTorchPath.js';
import { Trainer } from '../../../training/trainer.js';
import type { TrainerLike } from '../trainerLike.js';
import type { TrainOptions } from '../trainOptions.js';
import { type InitialWeights, startFrom } from './initialWeights.js';

/**
 * Loads the checkpoint at this path; null if there is none. A checkpoint of the PyTorch implementation, which contains neither a
 * configuration nor a seed, gets those of the run.
 * @throws CheckpointError when it cannot be read, or belongs to a model with another architecture
 */
export async function previousCheckpoint(
  path: string,
  config: NvaeConfig,
  { seed, onWarning }: { readonly seed: number | undefined; readonly onWarning: (message: string) => void },
): Promise<Checkpoint | null> {
  if (!(await checkpointExists(path))) return null;
  const checkpoint = await readCheckpoint(path, { config, onWarning, ...(seed !== undefined && { seed }) });
  checkArchitecture(path, checkpoint.config, config, 'undo the change, or use another run name (--name)');
  if (await isTorchPath(path)) {
    const remedy = 'keep a copy if it is needed there; nvae export writes such files too';
    onWarning(`${path}: the next checkpoint replaces this file of the PyTorch implementation; ${remedy}`);
  }
  return checkpoint;
}

/** What the trainer starts with instead of random weights; at most one of these is there. */
export interface Start {
  readonly checkpoint: Checkpoint | null;
  readonly weights: InitialWeights | null;
}

/** @throws CheckpointError when the checkpoint or the weights do not fit the model, and whatever `createTrainer` throws */
export async function openTrainer(
  config: NvaeConfig,
  { createTrainer = Trainer.create, seed = config.training.seed, loss, group }: TrainOptions,
  { checkpoint, weights }: Start,
  checkpointPath: string,
): Promise<TrainerLike> {
  const trainer = await createTrainer(config, { seed, ...(loss && { loss }), ...(group && { group }) });
  try {
    if (checkpoint) await trainer.restore(checkpoint);
    if (weights) await startFrom(trainer, weights);
    return trainer;
  } catch (error) {
    await trainer.dispose();
    if (error instanceof CheckpointError) throw error;
    const problem = `does not fit the model: ${messageOf(error)}`;
    throw new CheckpointError(checkpointPath, problem, { cause: error });
  }
}
