import { CheckpointError } from '../checkpoint/checkpointError.js';
import { readModelFile } from '../checkpoint/modelFile.js';
import { Nvae } from '../model/nvae.js';

/**
 * Read a model from a `.model` or a `.checkpoint` file, on the engine that is in use. The caller disposes it.
 * @throws CheckpointError when the file is missing, damaged, or does not hold the model of its configuration
 */
export async function loadModel(path: string): Promise<Nvae> {
  const { config, tensors } = await readModelFile(path);
  try {
    return Nvae.fromTensors(config.model, tensors);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CheckpointError(path, `does not hold the model it describes: ${error.message}`, {
      cause: error,
    });
  }
}
