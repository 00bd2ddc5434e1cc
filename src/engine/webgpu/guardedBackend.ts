/**
 * tfjs' WebGPU backend with checks. The original ignores the device's errors and most of its limits. Here, whatever cannot be
 * computed throws: at the operation if the problem is known there, otherwise when a result is read.
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

/** The part of tfjs' class that is used here; its own types declare some of it private. */
interface WebgpuBackend extends tf.KernelBackend {
  readonly tensorMap: { get(dataId: tf.DataId): TensorData };
  uploadToGPU(dataId: tf.DataId): void;
  runWebGPUProgram(program: object, inputs: readonly tf.TensorInfo[], ...more: unknown[]): tf.TensorInfo;
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
        await nextTurn(); // the device reports the reason of its loss only after the read has failed
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

/** Returns how many tensors one operation may read: each takes a storage buffer, and so does the result. */
export function mostInputs({ device }: WatchedDevice): number {
  return device.limits.maxStorageBuffersPerShaderStage! - 1;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
