import { isOfRun } from '../base/isOfRun.js';
import type { NamedTensors } from '../base/plainData.js';
import type { NvaeConfig } from '../config/types.js';
import { CheckpointError } from './checkpointError.js';
import { checkFinite } from './finite.js';
import type { ModelFileContent } from './modelContent.js';
import type { SaveModelOptions } from './modelDtype.js';
import { storedTensors } from './storedTensors.js';
import { selectWeights, type WeightsOptions, weightsKey } from './weightSets.js';

/** A configuration and its tensors: a snapshot, a checkpoint, or the content of a model file. */
export interface ModelData {
  /** The configuration that describes the model. */
  readonly config: NvaeConfig;
  /** Its tensors by name. */
  readonly tensors: NamedTensors;
  /** Metadata of the file that they were read from. @default none */
  readonly metadata?: ReadonlyMap<string, string> | undefined;
}

/**
 * Selects one set of weights, without the tensors of the run (optimiser, vectors of the regularisation), as the content of a model
 * file. Parameters are rounded to the type that the file has for them.
 * @throws CheckpointError when there is no such set, or a value is not finite, or too large for the type
 */
export function weightsOf(
  { config, tensors, metadata }: ModelData,
  where: string,
  { weights: wanted, dtype = 'float32' }: SaveModelOptions = {},
): ModelFileContent {
  const ofModel = new Map([...tensors].filter(([name]) => !isOfRun(name)));
  const { set, tensors: weights } = selectWeights({ tensors: ofModel, metadata }, wanted, where);
  checkFinite(where, weights);
  const stored = storedTensors(weights, dtype);
  if (stored.bfloat16.size > 0) checkRange(where, stored.tensors);
  return { kind: 'model', config, ...stored, metadata: set === 'ema' ? { [weightsKey]: set } : {} };
}

/** The same, as the content of a file that was read: with all of its metadata. */
export function selectedFile<T extends ModelData & { readonly metadata: ReadonlyMap<string, string> }>(
  file: T,
  where: string,
  options: WeightsOptions,
) {
  const { metadata, ...model } = weightsOf(file, where, options);
  return { ...file, ...model, metadata: new Map([...file.metadata, ...Object.entries(metadata)]) };
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
