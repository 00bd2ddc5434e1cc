/** What our kernels use of tfjs-node's backend. The package is optional, so its own types are not at hand. */
import type * as tf from '../tf.js';

/** Kinds of attributes, as libtensorflow counts them. */
interface Binding {
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_FLOAT: number;
}

/** An attribute of an operation of libtensorflow; a list is an array. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

export interface NodeBackend extends tf.KernelBackend {
  readonly binding: Binding;
  /** Executes an operation of libtensorflow by its name. */
  executeSingleOutput(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.TensorInfo[],
  ): tf.Tensor;
}
