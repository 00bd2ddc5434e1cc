/** Defines our own kernels for libtensorflow. */
import type { Attributes, Inputs } from '../../fused/composite.js';
import * as tf from '../../tf.js';
import type { OpAttribute } from '../binding.js';
import type { NodeBackend } from '../nodeBackend.js';

/** Executes libtensorflow operations by name. Infers the types of tensors, except for lists. */
export interface Execute {
  readonly backend: NodeBackend;
  one(name: string, inputs: readonly tf.Tensor[], attributes?: readonly OpAttribute[]): tf.Tensor;
  many(
    name: string,
    inputs: readonly tf.Tensor[],
    outputs: number,
    attributes?: readonly OpAttribute[],
  ): tf.Tensor[];
}

/** Body of a kernel. Tensors that it creates and does not return are disposed of. */
export type KernelBody = (
  inputs: Inputs,
  attributes: Attributes,
  execute: Execute,
) => tf.Tensor | tf.Tensor[];

export function tensorflowKernel(kernelName: string, body: KernelBody): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) =>
      tf.tidy(() => body(inputs as tf.NamedTensorMap, attrs ?? {}, executeOn(backend as NodeBackend))),
  };
}

function executeOn(backend: NodeBackend): Execute {
  return {
    backend,
    one: (name, inputs, attributes = []) => backend.executeSingleOutput(name, attributes, inputs),
    many: (name, inputs, outputs, attributes = []) =>
      backend.executeMultipleOutputs(name, attributes, inputs, outputs),
  };
}
