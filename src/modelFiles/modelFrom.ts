import { CheckpointError } from '../checkpoint/checkpointError.js';
import type { ModelData } from '../checkpoint/weightsOf.js';
import { Nvae } from '../model/nvae.js';

/**
 * A model with the values that were read, the caller's.
 * @param where names the file in messages
 * @throws CheckpointError when they are not the values of the configuration's model
 */
export function modelFrom({ config, tensors }: ModelData, where: string): Nvae {
  try {
    return Nvae.fromTensors(config.model, tensors);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CheckpointError(where, `does not hold the model it describes: ${error.message}`, {
      cause: error,
    });
  }
}
