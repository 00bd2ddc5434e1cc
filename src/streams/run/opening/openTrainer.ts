/** Creates the trainer of a run, and restores its checkpoint if there is one. */
import { snakeCase } from '../../../base/camelCase.js';
import { messageOf } from '../../../base/errors.js';
import type { Checkpoint } from '../../../checkpoint/checkpointContent.js';
import { CheckpointError } from '../../../checkpoint/checkpointError.js';
import { checkpointExists, loadCheckpoint } from '../../../checkpoint/loadCheckpoint.js';
import type { ModelConfig, NvaeConfig } from '../../../config/types.js';
import { Trainer } from '../../../training/trainer.js';
import type { TrainerLike } from '../trainerLike.js';
import type { TrainOptions } from '../trainOptions.js';

/**
 * Loads the checkpoint at this path; null if there is none.
 * @throws CheckpointError when it cannot be read, or belongs to a model with another architecture
 */
export async function previousCheckpoint(
  path: string,
  { model }: NvaeConfig,
  onWarning: (message: string) => void,
): Promise<Checkpoint | null> {
  if (!(await checkpointExists(path))) return null;
  const checkpoint = await loadCheckpoint(path, { onWarning });
  const changes = changesOf(checkpoint.config.model, model);
  if (changes.length > 0) {
    const remedy = 'undo the change, or use another run name (--name)';
    throw new CheckpointError(path, `has another architecture: ${changes.join(', ')}; ${remedy}`);
  }
  return checkpoint;
}

/** @throws CheckpointError when the checkpoint does not fit the model, and whatever `createTrainer` throws */
export async function openTrainer(
  config: NvaeConfig,
  { createTrainer = Trainer.create, seed = config.training.seed, loss }: TrainOptions,
  checkpoint: Checkpoint | null,
  checkpointPath: string,
): Promise<TrainerLike> {
  const trainer = await createTrainer(config, { seed, ...(loss && { loss }) });
  try {
    if (checkpoint) await trainer.restore(checkpoint);
    return trainer;
  } catch (error) {
    await trainer.dispose();
    const problem = `does not fit the model: ${messageOf(error)}`;
    throw new CheckpointError(checkpointPath, problem, { cause: error });
  }
}

/** One phrase for each architecture key that differs. */
function changesOf(before: ModelConfig, now: ModelConfig): string[] {
  const keys = Object.keys(now) as (keyof ModelConfig)[];
  return keys
    .filter((key) => before[key] !== now[key])
    .map((key) => `${snakeCase(key)} ${now[key]} (was ${before[key]})`);
}
