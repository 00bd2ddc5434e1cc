import type { SaveModelOptions } from './modelDtype.js';
import { type ModelData, weightsOf } from './weightsOf.js';
import { writeModelFile } from './writeModelFile.js';

/**
 * Writes a `.model` file: the configuration and one set of weights, without the optimiser's state. The file says which set it is.
 * @param path the file; its folder is created, and an existing file is replaced atomically
 * @param model a snapshot of a `Trainer`, or a checkpoint
 * @param options which weights to write, and the type of the parameters in the file
 * @throws CheckpointError when there are no such weights, a value is not finite or too large for the type, or the file cannot be
 * written
 * @example
 * await saveModel('squares.model', await trainer.snapshot());
 * await saveModel('small.model', await trainer.snapshot(), { dtype: 'bfloat16' });
 */
export async function saveModel(
  path: string,
  model: ModelData,
  options: SaveModelOptions = {},
): Promise<void> {
  await writeModelFile(path, weightsOf(model, path, options));
}
