/** How messages write keys: as in a file, or as in objects built by code. */
import { camelCase } from '../base/camelCase.js';

export interface Naming {
  key(key: string): string;
  /** Formats a dotted path; the path is empty for the whole configuration. */
  path(path: readonly string[]): string;
  /** What the keys outside sections belong to. */
  readonly top: string;
}

/** `training_parameters.batch_size` */
export const fileNaming: Naming = {
  key: (key) => key,
  path: (path) => path.join('.'),
  top: 'the top of the file',
};

/** `latentSize`, in a `ModelConfig` */
export const modelNaming: Naming = {
  key: camelCase,
  path: (path) => path.map(camelCase).join('.'),
  top: 'the model',
};

/** `training.batchSize` and `model.latentSize`, in an `NvaeConfig` */
export const configNaming: Naming = {
  key: camelCase,
  path: ([first, ...rest]) => {
    if (first === undefined) return '';
    const start = first === 'training_parameters' ? ['training'] : ['model', first];
    return [...start, ...rest].map(camelCase).join('.');
  },
  top: 'model',
};
