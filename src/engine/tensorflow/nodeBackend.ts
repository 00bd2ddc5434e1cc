/** The parts of tfjs-node's backend that our kernels use. The package is optional, so its own types are not available. */
import type * as tf from '../tf.js';
import type { Binding, OpAttribute } from './binding.js';

export interface NodeBackend extends tf.KernelBackend {
  /** Can be replaced: every call reads it again. */
  binding: Binding;
  readonly isUsingGpuDevice: boolean;
  /** Executes a libtensorflow operation by name. */
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
