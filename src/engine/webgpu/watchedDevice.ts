/**
 * A device whose errors are caught. WebGPU reports errors separately from results: a rejected operation leaves its output
 * memory unchanged, and nothing throws. Without an event listener, Dawn prints the error to standard output.
 */
import { messageOf } from '../../base/errors.js';
import { nextTurn } from '../../base/nextTurn.js';
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

/** Features that are requested if the adapter has them. */
const wantedFeatures = ['timestamp-query', 'subgroups'];

const kinds: Readonly<Record<string, string>> = {
  GPUOutOfMemoryError: 'out of memory',
  GPUValidationError: 'a validation error',
  GPUInternalError: 'an internal error',
};
const memoryAdvice = 'use a smaller batch_size, or another engine (--engine native)';

/** Names of the errors with which a device rejects a read. */
const rejections: readonly string[] = ['AbortError', 'OperationError'];
/** Milliseconds after a rejected read in which a device reports that it is lost. */
const patience = 1000;

/** A device and the first error it reported. */
export class WatchedDevice {
  readonly device: Device;
  /** Whether shaders may use subgroups. */
  readonly hasSubgroups: boolean;
  readonly #lost: Promise<void>;
  #failure: EngineFailedError | null = null;

  private constructor(device: Device, hasSubgroups: boolean) {
    this.device = device;
    this.hasSubgroups = hasSubgroups;
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault(); // Dawn would print it
      const { error } = event;
      const kind = error.constructor.name;
      const advice = kind === 'GPUOutOfMemoryError' ? memoryAdvice : undefined;
      this.#fail(`${kinds[kind] ?? 'an error'}: ${firstLines(error.message)}`, advice);
    });
    this.#lost = device.lost.then(({ reason, message }) => this.#fail(`device lost (${reason}): ${message}`));
  }

  /**
   * @param language the features of WGSL that the implementation knows
   * @throws Error when the adapter has no device to give: it may disappear at any time
   */
  static async request(adapter: Adapter, language?: ReadonlySet<string>): Promise<WatchedDevice> {
    const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]!]));
    const requiredFeatures = wantedFeatures.filter((feature) => adapter.features.has(feature));
    const hasSubgroups = requiredFeatures.includes('subgroups') && language?.has('subgroup_id') === true;
    const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
    const watched = new WatchedDevice(device, hasSubgroups);
    await nextTurn(); // an adapter that is gone gives a device that is lost
    if (watched.#failure) throw new Error(watched.#failure.problem);
    return watched;
  }

  get failure(): EngineFailedError | null {
    return this.#failure;
  }

  /** @throws EngineFailedError when the device has reported an error since it was created */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Returns the failure that made a read fail, or the same error if the device did not. */
  async failureOfRead(error: unknown): Promise<unknown> {
    const { name } = Object(error) as { readonly name?: string };
    if (this.#failure || !name || !rejections.includes(name)) return this.#failure ?? error;
    await this.#lossReported();
    this.#fail(`a result cannot be read: ${[name, messageOf(error)].filter(Boolean).join(' ')}`);
    return this.#failure;
  }

  /** Ends the use of the device: what is still read from it fails. */
  destroy(): void {
    this.#fail('it was stopped');
    this.device.destroy();
  }

  /** Resolves when the device has reported its loss, or has not done so for a while. */
  async #lossReported(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([this.#lost, late]);
    clearTimeout(timer);
  }

  #fail(problem: string, advice?: string): void {
    this.#failure ??= new EngineFailedError('webgpu', problem, advice);
  }
}

/** Returns what went wrong and in which call; the lines in between are Dawn's internal call path. */
function firstLines(message: string): string {
  const [first = '', ...rest] = message.split('\n').map((line) => line.trim());
  const call = rest.join(' ').match(/While calling ([^(]+)/)?.[1];
  const problem = first.replace(/[.\s]+$/, '');
  return call ? `${problem} (in ${call})` : problem;
}
