/** What our kernels use of tfjs-node's backend. The package is optional, so its own types are not at hand. */
import type * as tf from '../tf.js';
import type { Binding, OpAttribute } from './binding.js';

export interface NodeBackend extends tf.KernelBackend {
  /** May be replaced: every call looks it up. */
  binding: Binding;
  readonly isUsingGpuDevice: boolean;
  /** Executes an operation of libtensorflow by its name. */
  executeSingleOutput(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.TensorInfo[],
  ): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}
