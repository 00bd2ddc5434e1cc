import type { NamedTensors } from '../base/plainData.js';
import type { NvaeConfig } from '../config/types.js';
import { checkFinite } from './finite.js';
import type { ModelFileContent } from './modelContent.js';

/** A configuration and its tensors: a snapshot, a checkpoint, or the content of a model file. */
export interface ModelData {
  /** The configuration that describes the model. */
  readonly config: NvaeConfig;
  /** Its tensors by name. */
  readonly tensors: NamedTensors;
}

/**
 * Selects the tensors that are not the optimiser's (`adamax.*`), as the content of a model file.
 * @throws CheckpointError when a value is not finite
 */
export function weightsOf({ config, tensors }: ModelData, where: string): ModelFileContent {
  const weights = new Map([...tensors].filter(([name]) => !name.startsWith('adamax.')));
  checkFinite(where, weights);
  return { kind: 'model', config, tensors: weights, metadata: {} };
}
