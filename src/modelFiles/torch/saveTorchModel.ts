import type { ModelData } from '../../checkpoint/weightsOf.js';
import { toTorchModel } from './toTorch.js';
import { writeTorchFile } from './writeTorchFile.js';

/**
 * Writes a `.model` for the PyTorch implementation: the weights, without the optimiser's state. The file does not contain the
 * configuration (see `formatConfig`).
 * @param path the file; its folder is created, and an existing file is replaced atomically
 * @param model a snapshot of a `Trainer`, or a checkpoint; it is not changed
 * @throws CheckpointError when the PyTorch implementation has no such model, a tensor is missing, a value is not finite, or the file cannot be written
 * @example
 * await saveTorchModel('exported/demo.model', await trainer.snapshot());
 */
export async function saveTorchModel(path: string, model: ModelData): Promise<void> {
  await writeTorchFile(path, toTorchModel(model, path));
}
