/**
 * tfjs' WebGPU backend with checks. The original ignores the device's errors and most of its limits. Here, whatever cannot be
 * computed throws: at the operation if the problem is known there, otherwise when a result is read.
 */
import { nextTurn } from '../../base/nextTurn.js';
import * as tf from '../tf.js';
import { type Shader, sourceOf, spread, uniformsOf } from './shader.js';
import type { WatchedDevice } from './watchedDevice.js';

interface TensorData {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
  readonly values?: tf.backend_util.BackendValues | null;
  readonly resource?: object | null;
}

/** The part of tfjs' class that is used here; its own types declare some of it private. */
interface WebgpuBackend extends tf.KernelBackend {
  readonly tensorMap: { get(dataId: tf.DataId): TensorData };
  readonly device: ComputeDevice;
  readonly commandQueueOwnedIds: WeakSet<object>;
  commandEncoder: { beginComputePass(descriptor: object): ComputePass } | null;
  computePassEncoder: ComputePass | null;
  dispatchCountInPass: number;
  uploadToGPU(dataId: tf.DataId): void;
  tensorToBinding(tensor: tf.TensorInfo): object;
  makeUniforms(uniforms: readonly object[]): object;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: Float32Array): tf.TensorInfo;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  runWebGPUProgram(program: object, inputs: readonly tf.TensorInfo[], ...more: unknown[]): tf.TensorInfo;
}

interface Pipeline {
  getBindGroupLayout(index: number): object;
}

interface ComputeDevice {
  createShaderModule(descriptor: { readonly code: string }): object;
  createComputePipeline(descriptor: object): Pipeline;
  createBindGroup(descriptor: object): object;
}

interface ComputePass {
  setPipeline(pipeline: Pipeline): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y: number): void;
}

/** What one run of a shader works on. */
export interface Dispatch {
  readonly reads: readonly tf.TensorInfo[];
  readonly writes: readonly tf.TensorInfo[];
  /** The whole numbers, then the others. */
  readonly numbers: readonly number[];
  readonly workgroups: number;
}

/** The backend as our kernels see it. */
export interface ShaderBackend extends tf.KernelBackend {
  /** Creates a tensor of these values, or one that a shader is about to write. */
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: Float32Array): tf.TensorInfo;
  /** Has the device run a shader, some time before the next read. */
  runShader(shader: Shader, dispatch: Dispatch): void;
}

export type WebgpuBackendClass = new (device: object, info: object) => WebgpuBackend;

/** Bytes per element of every type except complex64. */
const bytesPerElement = 4;

/** Creates a backend on the device. The backend's package must have been imported. */
export function guardedBackend(
  Base: WebgpuBackendClass,
  watched: WatchedDevice,
  info: object,
): tf.KernelBackend {
  const { limits } = watched.device;
  const largestBytes = Math.min(limits.maxStorageBufferBindingSize!, limits.maxBufferSize!);

  class GuardedBackend extends Base implements ShaderBackend {
    readonly #pipelines = new Map<Shader, Pipeline>();

    runShader(shader: Shader, { reads, writes, numbers, workgroups }: Dispatch): void {
      watched.check();
      const tensors = [...reads, ...writes];
      for (const { dataId } of tensors) this.uploadToGPU(dataId);
      const pipeline = this.#pipelineOf(shader);
      const uniforms = this.makeUniforms(uniformsOf(shader, numbers));
      const resources = [...tensors.map((tensor) => this.tensorToBinding(tensor)), uniforms];
      for (const { dataId } of tensors) this.commandQueueOwnedIds.add(dataId);
      this.#record(pipeline, resources, spread(workgroups));
      watched.check();
    }

    #pipelineOf(shader: Shader): Pipeline {
      const known = this.#pipelines.get(shader);
      if (known) return known;
      const module = this.device.createShaderModule({ code: sourceOf(shader) });
      const compute = { module, entryPoint: 'main' };
      const pipeline = this.device.createComputePipeline({ label: shader.name, compute, layout: 'auto' });
      this.#pipelines.set(shader, pipeline);
      return pipeline;
    }

    #record(pipeline: Pipeline, resources: readonly object[], [x, y]: [number, number]): void {
      const group = this.device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: resources.map((resource, binding) => ({ binding, resource })),
      });
      this.ensureCommandEncoderReady();
      this.computePassEncoder ??= this.commandEncoder!.beginComputePass({});
      this.computePassEncoder.setPipeline(pipeline);
      this.computePassEncoder.setBindGroup(0, group);
      this.computePassEncoder.dispatchWorkgroups(x, y);
      this.dispatchCountInPass += 1;
      if (this.dispatchCountInPass < tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) return;
      this.endComputePassEncoder();
      this.submitQueue();
    }

    override uploadToGPU(dataId: tf.DataId): void {
      const { resource, shape } = this.tensorMap.get(dataId);
      const bytes = tf.util.sizeFromShape([...shape]) * bytesPerElement;
      if (!resource && bytes > largestBytes) {
        throw new RangeError(
          `engine webgpu: a tensor of shape [${shape}] is too large for the device (${mebibytes(bytes)}, ` +
            `at most ${mebibytes(largestBytes)}); use a smaller batch_size, or another engine`,
        );
      }
      super.uploadToGPU(dataId);
    }

    override runWebGPUProgram(
      program: object,
      inputs: readonly tf.TensorInfo[],
      ...more: unknown[]
    ): tf.TensorInfo {
      watched.check();
      if (inputs.length > mostInputs(watched)) {
        const operation = program.constructor.name;
        throw new RangeError(
          `internal: ${operation} has ${inputs.length} inputs, more than the device takes`,
        );
      }
      const output = super.runWebGPUProgram(program, inputs, ...more);
      watched.check();
      return output;
    }

    /**
     * tfjs keeps the memory of tensors that are disposed of until the next submit. That is not needed: the device runs all commands in
     * their order, so what takes the memory next runs after those that read it.
     */
    override disposeData(dataId: tf.DataId, force = false): boolean {
      this.commandQueueOwnedIds.delete(dataId);
      return super.disposeData(dataId, force);
    }

    override async read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
      watched.check();
      try {
        return await super.read(dataId);
      } catch (error) {
        await nextTurn(); // the device reports the reason of its loss only after the read has failed
        throw watched.failure ?? error;
      } finally {
        watched.check();
      }
    }

    /** tfjs keeps a copy of what was read, which would be out of date as soon as a shader changes a variable. */
    convertAndCacheOnCPU(_dataId: tf.DataId, values: tf.backend_util.BackendValues) {
      return values;
    }

    override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
      const { values } = this.tensorMap.get(dataId);
      if (values) return values;
      throw new Error(
        'engine webgpu: dataSync() cannot read from the device; use data(), which returns a promise',
      );
    }
  }

  return new GuardedBackend(watched.device, info);
}

/** Returns how many tensors one operation may read: each takes a storage buffer, and so does the result. */
export function mostInputs({ device }: WatchedDevice): number {
  return device.limits.maxStorageBuffersPerShaderStage! - 1;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
