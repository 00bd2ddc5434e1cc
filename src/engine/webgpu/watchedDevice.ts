/**
 * A device whose errors are heard. WebGPU reports what goes wrong beside the results: an operation that was refused leaves
 * its output as it was in memory, and nothing throws. Dawn prints such an error to standard output unless somebody listens.
 */
import { EngineFailedError } from '../engines.js';
import type { Adapter, Device } from './dawn.js';

/** What tfjs asks for, so that large tensors fit where the adapter allows them. */
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

/** A device and the first thing that went wrong on it. */
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

  /** @throws EngineFailedError when the device has reported an error since it was made */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  #fail(problem: string): void {
    this.#failure ??= new EngineFailedError('webgpu', problem);
  }
}

/** What it is, and in which call; the lines between are Dawn's way there. */
function firstLines(message: string): string {
  const [first = '', ...rest] = message.split('\n').map((line) => line.trim());
  const call = rest.join(' ').match(/While calling ([^(]+)/)?.[1];
  const problem = first.replace(/[.\s]+$/, '');
  return call ? `${problem} (in ${call})` : problem;
}
