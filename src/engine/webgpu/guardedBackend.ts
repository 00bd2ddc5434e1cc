/**
 * tfjs' WebGPU backend with checks. The original ignores the device's errors and most of its limits. Here, whatever cannot be
 * computed throws: at the operation if the problem is known there, otherwise when a result is read.
 */
import { mebibytes, type TensorLimit } from '../tensorLimit.js';
import * as tf from '../tf.js';
import { type BufferDevice, type DeviceBuffer, DeviceMemory } from './deviceMemory.js';
import { type Shader, sourceOf, spread, uniformsOf } from './shader.js';
import type { WatchedDevice } from './watchedDevice.js';

interface TensorData {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
  readonly values?: tf.backend_util.BackendValues | null;
  readonly resource?: ReadableBuffer | null;
}

interface ReadableBuffer extends DeviceBuffer {
  mapAsync(mode: number, offset: number, bytes: number): Promise<void>;
  getMappedRange(offset: number, bytes: number): ArrayBuffer;
  unmap(): void;
}

interface Binding {
  readonly buffer?: object;
  size?: number;
}

/** The part of tfjs' class that is used here; its own types declare some of it private. */
interface WebgpuBackend extends tf.KernelBackend {
  readonly tensorMap: { get(dataId: tf.DataId): TensorData };
  readonly device: ComputeDevice;
  readonly commandQueueOwnedIds: WeakSet<object>;
  bufferManager: DeviceMemory;
  commandEncoder: CommandEncoder | null;
  computePassEncoder: ComputePass | null;
  dispatchCountInPass: number;
  uploadToGPU(dataId: tf.DataId): void;
  tensorToBinding(tensor: tf.TensorInfo): Binding;
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

interface ComputeDevice extends BufferDevice {
  readonly queue: { submit(commands: readonly object[]): void; onSubmittedWorkDone(): Promise<unknown> };
  createShaderModule(descriptor: { readonly label: string; readonly code: string }): object;
  createComputePipeline(descriptor: object): Pipeline;
  createBindGroup(descriptor: object): object;
}

interface CommandEncoder {
  beginComputePass(descriptor: object): ComputePass;
  copyBufferToBuffer(from: object, fromOffset: number, to: object, toOffset: number, bytes: number): void;
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

/** Where values are: from the value `at` of a tensor on. */
export interface Place {
  readonly tensor: tf.TensorInfo;
  readonly at: number;
}

/** The backend as our kernels see it. */
export interface ShaderBackend extends tf.KernelBackend {
  /** Creates a tensor of these values, or one that a shader is about to write. */
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: Float32Array): tf.TensorInfo;
  /** Has the device run a shader, some time before the next read. */
  runShader(shader: Shader, dispatch: Dispatch): void;
  /** Has the device copy values from one tensor to another, in its order with the shaders. */
  copyValues(from: Place, to: Place, count: number): void;
}

export type WebgpuBackendClass = new (device: object, info: object) => WebgpuBackend;

/** Bytes per element of every type except complex64. */
const bytesPerElement = 4;

/** `GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ`, and `GPUMapMode.READ`. */
const [toBeRead, forReading] = [0x9, 0x1];

/** Larger buffers that are read from are destroyed afterwards: a step reads a few numbers, only a checkpoint reads more. */
const mostKeptForReading = 2 ** 16;

/** Creates a backend on the device. The backend's package must have been imported. */
export function guardedBackend(
  Base: WebgpuBackendClass,
  watched: WatchedDevice,
  info: object,
): tf.KernelBackend {
  const { limits } = watched.device;
  const limit = limitOf(limits);

  class GuardedBackend extends Base implements ShaderBackend {
    readonly tensorLimit = limit;
    readonly #pipelines = new Map<Shader, Pipeline>();

    constructor(device: object, info: object) {
      super(device, info);
      this.bufferManager = new DeviceMemory(this.device, limits.maxBufferSize!);
    }

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

    copyValues(from: Place, to: Place, count: number): void {
      watched.check();
      const [source, target] = [from, to].map(({ tensor: { dataId } }) => {
        this.uploadToGPU(dataId);
        this.commandQueueOwnedIds.add(dataId);
        return this.tensorMap.get(dataId).resource!;
      }) as [object, object];
      const [fromByte, toByte, bytes] = [from.at, to.at, count].map((values) => values * bytesPerElement) as [
        number,
        number,
        number,
      ];
      this.ensureCommandEncoderReady();
      this.endComputePassEncoder();
      this.commandEncoder!.copyBufferToBuffer(source, fromByte, target, toByte, bytes);
      watched.check();
    }

    #pipelineOf(shader: Shader): Pipeline {
      const known = this.#pipelines.get(shader);
      if (known) return known;
      const module = this.device.createShaderModule({
        label: shader.name,
        code: sourceOf(shader, watched.hasSubgroups),
      });
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
      if (this.dispatchCountInPass >= tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) this.#submit();
    }

    #submit(): void {
      if (!this.commandEncoder) return;
      this.endComputePassEncoder();
      this.submitQueue();
    }

    override uploadToGPU(dataId: tf.DataId): void {
      const { resource, shape } = this.tensorMap.get(dataId);
      const bytes = tf.util.sizeFromShape([...shape]) * bytesPerElement;
      if (!resource && bytes > limit.bytes) {
        throw new RangeError(
          `engine webgpu: a tensor of shape [${shape}] is too large for the device (${mebibytes(bytes)}, ` +
            `at most ${mebibytes(limit.bytes)}, its ${limit.name}); use a smaller batch_size, or another engine`,
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

    override submitQueue(): void {
      super.submitQueue();
      this.bufferManager.trim();
    }

    /** Gives the memory back that no tensor uses. */
    releaseIdle(): void {
      if (watched.failure) return; // all memory is lost
      this.#submit();
      this.bufferManager.releaseIdle();
      // Dawn returns memory of destroyed buffers to the system after the next submit, while something waits for the device.
      const { queue } = this.device;
      queue.submit([]);
      queue.onSubmittedWorkDone().catch(() => undefined);
    }

    /** Binds only the bytes of the tensor, whose buffer may be larger: shaders then see the same as with a buffer of its own. */
    override tensorToBinding(tensor: tf.TensorInfo): Binding {
      const binding = super.tensorToBinding(tensor);
      const size = tf.util.sizeFromShape(tensor.shape) * bytesPerElement;
      if (binding.buffer && size > 0) binding.size = size;
      return binding;
    }

    override async read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
      watched.check();
      try {
        return await this.#download(dataId);
      } catch (error) {
        throw await watched.failureOfRead(error);
      } finally {
        watched.check();
      }
    }

    /** Unlike tfjs, keeps no copy of what was read: it would be out of date as soon as a shader changes a variable. */
    async #download(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
      const { dtype, shape, resource } = this.tensorMap.get(dataId);
      if (!resource || dtype === 'complex64') return super.read(dataId);
      const data = await this.#dataOf(resource, tf.util.sizeFromShape([...shape]) * bytesPerElement);
      return tf.util.convertBackendValuesAndArrayBuffer(data, dtype);
    }

    async #dataOf(buffer: DeviceBuffer, bytes: number): Promise<ArrayBuffer> {
      const isKept = bytes <= mostKeptForReading;
      const copy = this.bufferManager.acquireBuffer(bytes, toBeRead, false, isKept) as ReadableBuffer;
      this.ensureCommandEncoderReady();
      this.endComputePassEncoder();
      this.commandEncoder!.copyBufferToBuffer(buffer, 0, copy, 0, bytes);
      this.submitQueue();
      await copy.mapAsync(forReading, 0, bytes);
      const data = copy.getMappedRange(0, bytes).slice(0);
      copy.unmap();
      this.bufferManager.releaseBuffer(copy, isKept);
      return data;
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

function limitOf({
  maxStorageBufferBindingSize,
  maxBufferSize,
}: WatchedDevice['device']['limits']): TensorLimit {
  if (maxBufferSize! < maxStorageBufferBindingSize!) return { name: 'maxBufferSize', bytes: maxBufferSize! };
  return { name: 'maxStorageBufferBindingSize', bytes: maxStorageBufferBindingSize! };
}

/** Returns how many tensors one operation may read: each takes a storage buffer, and so does the result. */
export function mostInputs({ device }: WatchedDevice): number {
  return device.limits.maxStorageBuffersPerShaderStage! - 1;
}
