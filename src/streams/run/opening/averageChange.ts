import type { Checkpoint } from '../../../checkpoint/checkpointContent.js';
import type { NvaeConfig } from '../../../config/types.js';

/** What happens to the moving average of the weights because the configuration has changed since the checkpoint; null for nothing. */
export function averageChange(
  { state }: Pick<Checkpoint, 'state'>,
  { training }: Pick<NvaeConfig, 'training'>,
): string | null {
  const [was, is] = [state.emaUpdates !== undefined, training.emaDecay !== null];
  if (was === is) return null;
  const key = `training_parameters.ema_decay is ${training.emaDecay}`;
  return is
    ? `the checkpoint has no moving average of the weights, and ${key}: the average starts from the weights of the checkpoint`
    : `the checkpoint has a moving average of the weights, and ${key}: the next checkpoint is written without it; to keep it, quit the run without saving and set ema_decay again`;
}
