/** Defines our own kernels for the webgpu engine. */
import type { Attributes } from '../../fused/composite.js';
import type * as tf from '../../tf.js';
import type { ShaderBackend } from '../guardedBackend.js';
import type { Shader } from '../shader.js';

export type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** What the body of a kernel works with. Tensors that it creates and does not return are disposed of after it. */
export interface Device {
  /** Creates a float32 tensor; a shader must write all its values. */
  output(shape: readonly number[]): tf.TensorInfo;
  run(
    shader: Shader,
    reads: readonly tf.TensorInfo[],
    writes: readonly tf.TensorInfo[],
    numbers: readonly number[],
    workgroups: number,
  ): void;
}

export type KernelBody = (
  inputs: Inputs,
  attributes: Attributes,
  device: Device,
) => tf.TensorInfo | tf.TensorInfo[];

export function webgpuKernel(kernelName: string, body: KernelBody): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const shaders = backend as ShaderBackend;
      const created: tf.TensorInfo[] = [];
      const device: Device = {
        output: (shape) => {
          const tensor = shaders.makeTensorInfo([...shape], 'float32');
          created.push(tensor);
          return tensor;
        },
        run: (shader, reads, writes, numbers, workgroups) =>
          shaders.runShader(shader, { reads, writes, numbers, workgroups }),
      };
      let results: tf.TensorInfo | tf.TensorInfo[] = [];
      try {
        results = body(inputs as Inputs, attrs ?? {}, device);
        return results;
      } finally {
        const kept = new Set([results].flat());
        for (const tensor of created) if (!kept.has(tensor)) shaders.disposeData(tensor.dataId);
      }
    },
  };
}

export function sizeOf({ shape }: tf.TensorInfo): number {
  return shape.reduce((product, length) => product * length, 1);
}
