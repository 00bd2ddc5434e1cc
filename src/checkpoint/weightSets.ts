/** The sets of weights that a checkpoint can have. */
import type { NamedTensors } from '../base/plainData.js';
import { emaPrefix } from '../base/tensorNames.js';
import { CheckpointError } from './checkpointError.js';

/** `raw`: the weights of the last step; `ema`: their exponential moving average, which `emaDecay` adds to a run. */
export type WeightSet = 'raw' | 'ema';

/** Options of the functions that write or read one set of weights. */
export interface WeightsOptions {
  /**
   * Which weights: `raw` for those of the last step, `ema` for their moving average (`emaDecay`).
   * @default 'ema' if there are such weights, otherwise 'raw'
   */
  readonly weights?: WeightSet | undefined;
}

/** All sets. */
export const weightSets: readonly WeightSet[] = ['raw', 'ema'];

/** The entry in the metadata of a `.model` that says which set it holds; without it, the file has raw weights. */
export const weightsKey = 'weights';

/** Tensors, and what the metadata of their file says about them. */
export interface Weights {
  readonly tensors: NamedTensors;
  /** Absent if they do not come from a file of ours. */
  readonly metadata?: ReadonlyMap<string, string> | undefined;
}

/** Selected weights. */
export interface SelectedWeights {
  readonly set: WeightSet;
  /** Under the names of the model, whichever set they are. Tensors that are in one set only, such as counters, are left as they are. */
  readonly tensors: NamedTensors;
}

/**
 * Selects a set of weights.
 * @param wanted the set; undefined for the average if there is one, otherwise the raw weights
 * @param where names the file in messages
 * @throws CheckpointError when there is no such set
 */
export function selectWeights(
  { tensors, metadata }: Weights,
  wanted: WeightSet | undefined,
  where: string,
): SelectedWeights {
  const averaged = [...tensors.keys()].filter((name) => name.startsWith(emaPrefix));
  const others = new Map([...tensors].filter(([name]) => !name.startsWith(emaPrefix)));
  const isAverage = metadata?.get(weightsKey) === 'ema';
  const set = wanted ?? (isAverage || averaged.length > 0 ? 'ema' : 'raw');
  if (set === 'raw' && isAverage) {
    const remedy = 'leave out --weights raw, or use the checkpoint of the run, which has both';
    throw new CheckpointError(where, `has no raw weights, only their moving average (ema); ${remedy}`);
  }
  if (set === 'ema' && !isAverage && averaged.length === 0) {
    const remedy = 'leave out --weights ema, or train with training_parameters.ema_decay';
    throw new CheckpointError(where, `has no moving average of the weights (ema); ${remedy}`);
  }
  if (set === 'raw' || isAverage) return { set, tensors: others };
  for (const name of averaged) {
    const tensor = tensors.get(name);
    if (tensor) others.set(name.slice(emaPrefix.length), tensor);
  }
  return { set, tensors: others };
}
