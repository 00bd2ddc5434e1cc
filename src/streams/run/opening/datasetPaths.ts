import type { DatasetPath } from '../../../data/datasetPath.js';
import type { TrainOptions } from '../trainOptions.js';

/** The paths of the option `dataset`; null for a `Dataset`. */
export function datasetPaths(dataset: TrainOptions['dataset'] = 'dataset'): readonly DatasetPath[] | null {
  if (typeof dataset === 'string') return [{ path: dataset }];
  if (!isList(dataset)) return null;
  return dataset.map((part) => (typeof part === 'string' ? { path: part } : part));
}

// Array.isArray does not know readonly arrays
function isList<T, Other>(value: readonly T[] | Other): value is readonly T[] {
  return Array.isArray(value);
}
