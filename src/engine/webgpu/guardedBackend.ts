/**
 * tfjs' WebGPU backend, which neither looks at a device's errors nor at most of its limits, made to do so: whatever cannot be
 * computed throws, at the operation where it can be known there, at the latest where a result is read.
 */
import { nextTurn } from '../../base/nextTurn.js';
import * as tf from '../tf.js';
import type { WatchedDevice } from './watchedDevice.js';

interface TensorData {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
  readonly values?: tf.backend_util.BackendValues | null;
  readonly resource?: object | null;
}

/** The part of tfjs' class that is used here; its own types call some of it private. */
interface WebgpuBackend extends tf.KernelBackend {
  readonly tensorMap: { get(dataId: tf.DataId): TensorData };
  uploadToGPU(dataId: tf.DataId): void;
  runWebGPUProgram(program: object, inputs: readonly tf.TensorInfo[], ...more: unknown[]): tf.TensorInfo;
}

export type WebgpuBackendClass = new (device: object, info: object) => WebgpuBackend;

/** Bytes of every type but complex64. */
const bytesPerElement = 4;

/** A backend on the device, once its package has been imported. */
export function guardedBackend(
  Base: WebgpuBackendClass,
  watched: WatchedDevice,
  info: object,
): tf.KernelBackend {
  const { limits } = watched.device;
  const largestBytes = Math.min(limits.maxStorageBufferBindingSize!, limits.maxBufferSize!);

  class GuardedBackend extends Base {
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

    override async read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
      watched.check();
      try {
        return await super.read(dataId);
      } catch (error) {
        await nextTurn(); // the reason of a loss is told after reading has failed
        throw watched.failure ?? error;
      } finally {
        watched.check();
      }
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

/** Tensors that one operation may read: each takes a storage buffer, and so does the result. */
export function mostInputs({ device }: WatchedDevice): number {
  return device.limits.maxStorageBuffersPerShaderStage! - 1;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
