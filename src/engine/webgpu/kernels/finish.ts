import type * as tf from '../../tf.js';

/** What a shader makes of a sum before it writes it. */
export interface Finish {
  /** Names of the tensors that it reads. */
  readonly reads: readonly string[];
  readonly integers: readonly string[];
  readonly floats: readonly string[];
  /** WGSL: the function `finished(sum, c)` of a sum and its channel. */
  readonly code: string;
}

export const plain: Finish = {
  reads: [],
  integers: [],
  floats: [],
  code: 'fn finished(sum: f32, c: u32) -> f32 { return sum; }',
};

export const biased: Finish = {
  ...plain,
  reads: ['bias'],
  code: 'fn finished(sum: f32, c: u32) -> f32 { return sum + bias[c]; }',
};

/** What a finish is given. */
export interface FinishInputs {
  readonly reads: readonly tf.TensorInfo[];
  readonly integers: readonly number[];
  readonly floats: readonly number[];
}

/** For `plain`. */
export const nothing: FinishInputs = { reads: [], integers: [], floats: [] };
