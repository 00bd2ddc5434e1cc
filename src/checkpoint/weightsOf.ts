import { isOfRun } from '../base/isOfRun.js';
import type { NamedTensors } from '../base/plainData.js';
import type { NvaeConfig } from '../config/types.js';
import { CheckpointError } from './checkpointError.js';
import { checkFinite } from './finite.js';
import type { ModelFileContent } from './modelContent.js';
import type { ModelDtype } from './modelDtype.js';
import { storedTensors } from './storedTensors.js';

/** A configuration and its tensors: a snapshot, a checkpoint, or the content of a model file. */
export interface ModelData {
  /** The configuration that describes the model. */
  readonly config: NvaeConfig;
  /** Its tensors by name. */
  readonly tensors: NamedTensors;
}

/**
 * Selects the tensors that are not the run's (optimiser, vectors of the regularisation), as the content of a model file.
 * @param dtype the type of the parameters in the file, to which they are rounded
 * @throws CheckpointError when a value is not finite, or too large for the type
 */
export function weightsOf(
  { config, tensors }: ModelData,
  where: string,
  dtype: ModelDtype = 'float32',
): ModelFileContent {
  const weights = new Map([...tensors].filter(([name]) => !isOfRun(name)));
  checkFinite(where, weights);
  const stored = storedTensors(weights, dtype);
  if (stored.bfloat16.size > 0) checkRange(where, stored.tensors);
  return { kind: 'model', config, ...stored, metadata: {} };
}

/** Values that were finite before they were rounded. */
function checkRange(where: string, rounded: NamedTensors): void {
  try {
    checkFinite(where, rounded);
  } catch (cause) {
    const problem = 'contains a value above the largest bfloat16; write the model as float32';
    throw new CheckpointError(where, problem, { cause });
  }
}
