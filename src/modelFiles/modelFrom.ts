import { CheckpointError } from '../checkpoint/checkpointError.js';
import type { ModelData } from '../checkpoint/weightsOf.js';
import { imageFitOf } from '../config/imageFit.js';
import { Nvae } from '../model/nvae.js';

/**
 * Builds a model with the values read from a file; the caller disposes it.
 * @param where names the file in messages
 * @throws CheckpointError when the values do not match the configuration's model
 */
export function modelFrom({ config, tensors }: ModelData, where: string): Nvae {
  try {
    const { training } = config;
    const { binarize } = training.augmentation;
    return Nvae.fromTensors(config.model, tensors, { binarize, imageFit: imageFitOf(training) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CheckpointError(where, `its tensors do not fit its configuration: ${error.message}`, {
      cause: error,
    });
  }
}
