/** Starts the process of a variant. */
import { startOurs } from '../processes/startOurs.js';
import type { Worker } from '../processes/worker.js';
import type { Workload } from '../processes/workload.js';
import { type Implementation, startTorch } from './startTorch.js';
import type { OurVariant, TorchVariant } from './variants.js';

/** Starts the process of a variant, ready for its first step. */
export type Start = (variant: OurVariant | TorchVariant) => Promise<Worker>;

export function startOf(workload: Workload, implementation: Implementation): Start {
  return (variant) => {
    if (variant.by === 'PyTorch') return startTorch(workload, variant, implementation);
    const { half, tensorCheckpoints, ...settings } = variant;
    const set = [`half_precision=${half}`, `use_tensor_checkpoints=${tensorCheckpoints}`];
    return startOurs(workload, { ...settings, set: set.map((text) => `training_parameters.${text}`) });
  };
}
