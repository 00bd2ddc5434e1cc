import type { WeightsOptions } from '../../checkpoint/weightSets.js';
import { type ModelData, weightsOf } from '../../checkpoint/weightsOf.js';
import { toTorchModel } from './toTorch.js';
import { writeTorchFile } from './writeTorchFile.js';

/**
 * Writes a `.model` for the PyTorch implementation: one set of weights, without the optimiser's state. The file does not contain the
 * configuration (see `formatConfig`).
 * @param path the file; its folder is created, and an existing file is replaced atomically
 * @param model a snapshot of a `Trainer`, or a checkpoint; it is not changed
 * @param options which weights to write; the file does not say which they are
 * @throws CheckpointError when there are no such weights, the PyTorch implementation has no such model, a tensor is missing, a value is
 * not finite, or the file cannot be written
 * @example
 * await saveTorchModel('exported/demo.model', await trainer.snapshot());
 */
export async function saveTorchModel(
  path: string,
  model: ModelData,
  options: WeightsOptions = {},
): Promise<void> {
  const { config, tensors } = weightsOf(model, path, options);
  await writeTorchFile(path, toTorchModel({ config, tensors }, path));
}
