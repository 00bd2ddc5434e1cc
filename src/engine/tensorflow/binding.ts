/** The functions of tfjs-node's binding to libtensorflow that we use. All of its kernels call libtensorflow through them. */
import type * as tf from '../tf.js';

/** An attribute of a libtensorflow operation; a list is an array. */
export interface OpAttribute {
  readonly name: string;
  /** One of the binding's `TF_ATTR_...` constants. */
  readonly type: number;
  readonly value: unknown;
}

/** A result. `dtype` is libtensorflow's number for the type. */
export interface Handle {
  /** Larger than the ids of all earlier tensors. */
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** All properties are read-only. */
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

/** Returns the binding with the given functions replacing its own. */
export function overlaid(binding: Binding, functions: Partial<Binding>): Binding {
  const overlay = Object.create(binding) as Binding;
  for (const [name, value] of Object.entries(functions)) Object.defineProperty(overlay, name, { value });
  return overlay;
}
