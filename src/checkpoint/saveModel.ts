import { type ModelData, weightsOf } from './weightsOf.js';
import { writeModelFile } from './writeModelFile.js';

/**
 * Writes a `.model` file: the configuration and the weights, without the optimiser's state.
 * @param path the file; its folder is created, and an existing file is replaced atomically
 * @param model a snapshot of a `Trainer`, or a checkpoint
 * @throws CheckpointError when a value is not finite, or the file cannot be written
 * @example
 * await saveModel('squares.model', await trainer.snapshot());
 */
export async function saveModel(path: string, model: ModelData): Promise<void> {
  await writeModelFile(path, weightsOf(model, path));
}
