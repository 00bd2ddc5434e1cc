/** `.model` files: weights and configuration. */
import type { NvaeConfig } from '../config/types.js';
import { Nvae } from '../model/nvae.js';
import type { NamedTensors } from '../model/plainData.js';
import { CheckpointError } from './checkpointError.js';
import { checkFinite } from './finite.js';
import { readModelFile, writeModelFile } from './modelFile.js';

/**
 * Write a model: of the given tensors those that are not an optimiser's (`adamax.*`).
 * @throws CheckpointError when it is not finite or cannot be written
 */
export async function saveModel(
  path: string,
  { config, tensors }: { readonly config: NvaeConfig; readonly tensors: NamedTensors },
): Promise<void> {
  const weights = new Map([...tensors].filter(([name]) => !name.startsWith('adamax.')));
  checkFinite(path, weights);
  await writeModelFile(path, { kind: 'model', config, tensors: weights, metadata: {} });
}

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
