import type { NvaeConfig } from '../config/types.js';
import { mebibytes, tensorLimit } from '../engine/tensorLimit.js';
import { planModel } from '../model/plan.js';
import { largestFeatures } from './trainingMemory.js';

/**
 * Checks that the features of a training step are not larger than what the device of the engine in use takes as one tensor, before
 * anything is allocated.
 * @throws RangeError when they are
 */
export function checkTensorSizes({ name, model, training }: NvaeConfig, limit = tensorLimit()): void {
  if (!limit) return;
  const perImage = largestFeatures(planModel(model));
  const part = Math.ceil(training.batchSize / training.accumulationSteps);
  if (part * perImage <= limit.bytes) return;
  const most = Math.floor(limit.bytes / perImage);
  const problem =
    `${name} in batches of ${training.batchSize}: the largest features of a step take ${mebibytes(part * perImage)}, ` +
    `but the device takes at most ${mebibytes(limit.bytes)} in one tensor (${limit.name})`;
  if (most === 0)
    throw new RangeError(`${problem}, too little for one image; use another engine (--engine native)`);
  const parts = Math.ceil(training.batchSize / most);
  throw new RangeError(
    `${problem}; pass --set training_parameters.accumulation_steps=${parts} to compute a batch in parts, ` +
      `or --set training_parameters.batch_size=${most}, or use another engine (--engine native)`,
  );
}
