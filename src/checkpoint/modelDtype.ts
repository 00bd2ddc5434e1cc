import type { WeightsOptions } from './weightSets.js';

/**
 * How a model file stores its parameters. `bfloat16` takes half the bytes and rounds every parameter to 8 bits of precision. Running
 * averages of batch normalisations stay float32: they are few, and a rounded mean shifts all that follows.
 */
export type ModelDtype = 'float32' | 'bfloat16';

/** Options of `saveModel` and `modelToBytes`. */
export interface SaveModelOptions extends WeightsOptions {
  /** How the file stores the parameters. @default 'float32' */
  readonly dtype?: ModelDtype;
}
