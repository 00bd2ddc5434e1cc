import type { WeightsOptions } from '../checkpoint/weightSets.js';
import type { Nvae } from '../model/nvae.js';
import { modelFrom } from './modelFrom.js';
import { readAnyModelFile } from './readAnyModelFile.js';
import type { ReadModelOptions } from './torch/readTorchFile.js';

/**
 * Loads a model from a `.model` or a `.checkpoint` file, ours or one of the PyTorch implementation, on the engine in use.
 * @param path the file
 * @param options configuration of a PyTorch file, which weights to use, and a callback for warnings
 * @returns the model; the caller disposes it
 * @throws CheckpointError when the file is missing, damaged, or does not contain the model of its configuration or the weights, or when
 * the configuration of a PyTorch file is not found
 * @throws ConfigError when the configuration of a PyTorch file is invalid
 * @example
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * const unaveraged = await loadModel('saved_weights/demo.checkpoint', { weights: 'raw' });
 * const fromPyTorch = await loadModel('final_result_mine.model', { config: 'mine.yaml' });
 */
export async function loadModel(
  path: string,
  options: ReadModelOptions & WeightsOptions = {},
): Promise<Nvae> {
  return modelFrom(await readAnyModelFile(path, { ...options, weightsOnly: true }), path);
}
