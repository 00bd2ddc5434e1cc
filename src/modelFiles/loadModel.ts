import { readModelFile } from '../checkpoint/readModelFile.js';
import type { Nvae } from '../model/nvae.js';
import { modelFrom } from './modelFrom.js';

/**
 * Loads a model from a `.model` or a `.checkpoint` file, on the engine in use.
 * @param path the file
 * @returns the model; the caller disposes it
 * @throws CheckpointError when the file is missing, damaged, or does not contain the model of its configuration
 * @example
 * const model = await loadModel('saved_weights/final_result_demo.model');
 */
export async function loadModel(path: string): Promise<Nvae> {
  return modelFrom(await readModelFile(path), path);
}
