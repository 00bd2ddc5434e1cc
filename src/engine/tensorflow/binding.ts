/** The functions of libtensorflow as tfjs-node binds them, as far as we use them. All that its kernels do goes through them. */
import type * as tf from '../tf.js';

/** An attribute of an operation of libtensorflow; a list is an array. */
export interface OpAttribute {
  readonly name: string;
  /** One of the binding's `TF_ATTR_...`. */
  readonly type: number;
  readonly value: unknown;
}

/** A result; `dtype` is libtensorflow's number. */
export interface Handle {
  /** Larger than that of every tensor before. */
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** None of its properties can be written. */
export interface Binding {
  readonly TF_Version: string;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_FLOAT: number;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): Handle[];
  createTensor(shape: readonly number[], dtype: number, values: tf.BackendValues): number;
  tensorDataSync(id: number): tf.BackendValues;
  deleteTensor(id: number): void;
}

/** The binding with the given functions in place of its own. */
export function overlaid(binding: Binding, functions: Partial<Binding>): Binding {
  const overlay = Object.create(binding) as Binding;
  for (const [name, value] of Object.entries(functions)) Object.defineProperty(overlay, name, { value });
  return overlay;
}
