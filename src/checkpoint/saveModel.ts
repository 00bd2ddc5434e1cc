/** `.model` files: weights and configuration. */
import type { NamedTensors } from '../base/plainData.js';
import type { NvaeConfig } from '../config/types.js';
import { checkFinite } from './finite.js';
import { writeModelFile } from './modelFile.js';

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
