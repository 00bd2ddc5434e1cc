/** Defines our own kernels for the webgpu engine. */
import type { Attributes } from '../../fused/composite.js';
import type * as tf from '../../tf.js';
import type { Place, ShaderBackend } from '../guardedBackend.js';
import type { Shader } from '../shader.js';

export type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** What the body of a kernel works with. Tensors that it creates and does not return are disposed of after it. */
export interface Device {
  /** Creates a float32 tensor; a shader must write all its values. */
  output(shape: readonly number[]): tf.TensorInfo;
  /** Creates a float32 vector of these values. */
  constant(values: Float32Array): tf.TensorInfo;
  run(
    shader: Shader,
    reads: readonly tf.TensorInfo[],
    writes: readonly tf.TensorInfo[],
    numbers: readonly number[],
    workgroups: number,
  ): void;
  /** Copies this many values. */
  copy(from: Place, to: Place, count: number): void;
}

/** Body of a kernel; null if it is not made for these inputs. */
export type KernelBody = (
  inputs: Inputs,
  attributes: Attributes,
  device: Device,
) => tf.TensorInfo | tf.TensorInfo[] | null;

/** A kernel may replace one of tfjs, which then takes the inputs that it is not made for. */
export interface WebgpuKernel {
  readonly name: string;
  readonly body: KernelBody;
}

export function webgpuKernel(name: string, body: KernelBody): WebgpuKernel {
  return { name, body };
}

export function configOf({ name, body }: WebgpuKernel, replaced?: tf.KernelFunc): tf.KernelConfig {
  return {
    kernelName: name,
    backendName: 'webgpu',
    kernelFunc: (parameters) => {
      const shaders = parameters.backend as ShaderBackend;
      const created: tf.TensorInfo[] = [];
      const create = (shape: number[], values?: Float32Array) => {
        const tensor = shaders.makeTensorInfo(shape, 'float32', values);
        created.push(tensor);
        return tensor;
      };
      const device: Device = {
        output: (shape) => create([...shape]),
        constant: (values) => create([values.length], values),
        run: (shader, reads, writes, numbers, workgroups) =>
          shaders.runShader(shader, { reads, writes, numbers, workgroups }),
        copy: (from, to, count) => shaders.copyValues(from, to, count),
      };
      let results: tf.TensorInfo | tf.TensorInfo[] | null = null;
      try {
        results = body(parameters.inputs as Inputs, parameters.attrs ?? {}, device);
        if (results) return results;
      } finally {
        const kept = new Set([results].flat());
        for (const tensor of created) if (!kept.has(tensor)) shaders.disposeData(tensor.dataId);
      }
      if (replaced) return replaced(parameters);
      throw new Error(`internal: ${name}: the webgpu engine has no kernel for these inputs`);
    },
  };
}

export function sizeOf({ shape }: tf.TensorInfo): number {
  return shape.reduce((product, length) => product * length, 1);
}
