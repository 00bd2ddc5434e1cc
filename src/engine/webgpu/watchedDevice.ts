/**
 * A device whose errors are caught. WebGPU reports errors separately from results: a rejected operation leaves its output
 * memory unchanged, and nothing throws. Without an event listener, Dawn prints the error to standard output.
 */
import { EngineFailedError } from '../engines.js';
import type { Adapter, Device } from './dawn.js';

/** Limits that tfjs requests, so that large tensors fit if the adapter allows them. */
const wantedLimits = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

const kinds: Readonly<Record<string, string>> = {
  GPUOutOfMemoryError: 'out of memory',
  GPUValidationError: 'a validation error',
  GPUInternalError: 'an internal error',
};

/** A device and the first error it reported. */
export class WatchedDevice {
  readonly device: Device;
  #failure: EngineFailedError | null = null;

  private constructor(device: Device) {
    this.device = device;
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault(); // Dawn would print it
      const { error } = event;
      this.#fail(`${kinds[error.constructor.name] ?? 'an error'}: ${firstLines(error.message)}`);
    });
    void device.lost.then(({ reason, message }) => this.#fail(`device lost (${reason}): ${message}`));
  }

  static async request(adapter: Adapter): Promise<WatchedDevice> {
    const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]!]));
    const requiredFeatures = ['timestamp-query'].filter((feature) => adapter.features.has(feature));
    return new WatchedDevice(await adapter.requestDevice({ requiredFeatures, requiredLimits }));
  }

  get failure(): EngineFailedError | null {
    return this.#failure;
  }

  /** @throws EngineFailedError when the device has reported an error since it was created */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  #fail(problem: string): void {
    this.#failure ??= new EngineFailedError('webgpu', problem);
  }
}

/** Returns what went wrong and in which call; the lines in between are Dawn's internal call path. */
function firstLines(message: string): string {
  const [first = '', ...rest] = message.split('\n').map((line) => line.trim());
  const call = rest.join(' ').match(/While calling ([^(]+)/)?.[1];
  const problem = first.replace(/[.\s]+$/, '');
  return call ? `${problem} (in ${call})` : problem;
}
