import { type ModelData, weightsOf } from './weightsOf.js';
import { writeModelFile } from './writeModelFile.js';

/**
 * Write a `.model` file: the configuration and the weights, without the state of the optimiser.
 * @param path the file; its folder is created, and a file that is there is replaced in one moment
 * @param model a snapshot of a `Trainer`, or a checkpoint
 * @throws CheckpointError when a value is not finite, or the file cannot be written
 * @example
 * await saveModel('squares.model', await trainer.snapshot());
 */
export async function saveModel(path: string, model: ModelData): Promise<void> {
  await writeModelFile(path, weightsOf(model, path));
}
