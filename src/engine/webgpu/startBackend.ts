/** Starts tfjs' WebGPU backend with our kernels on an adapter: one of Dawn in Node, or a browser's own. */
import * as tf from '../tf.js';
import { registerAddN } from './addN.js';
import type { Adapter } from './dawn.js';
import { guardedBackend, mostInputs, type WebgpuBackendClass } from './guardedBackend.js';
import { registerWebgpuKernels } from './kernels/register.js';
import { WatchedDevice } from './watchedDevice.js';

/** The used part of `@tensorflow/tfjs-backend-webgpu`. */
export interface TfjsPackage {
  readonly WebGPUBackend: WebgpuBackendClass;
}

interface LanguageSupport {
  readonly wgslLanguageFeatures?: ReadonlySet<string>;
}

/** Dispatches that are submitted together; tfjs' own value is 15. */
const dispatchesPerSubmit = 256;

/** The device of the backend that is currently registered with tfjs. */
let watched: WatchedDevice | null = null;

/** Whether a backend is registered whose device has not failed. A failed device cannot recover, and its tensors are lost. */
export function isStarted(): boolean {
  return watched !== null && !watched.failure;
}

/** Destroys the device, so that nothing is read from it any more. */
export function stopBackend(): void {
  watched?.destroy();
}

/** Replaces the backend that tfjs registers itself, because that backend ignores errors of its device. */
export async function startBackend(adapter: Adapter, { WebGPUBackend }: TfjsPackage): Promise<void> {
  const { navigator } = globalThis as { readonly navigator?: { readonly gpu?: LanguageSupport } };
  const device = await WatchedDevice.request(adapter, navigator?.gpu?.wgslLanguageFeatures);
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', dispatchesPerSubmit);
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => guardedBackend(WebGPUBackend, device, adapter.info));
  if (!watched) {
    registerAddN(() => mostInputs(watched ?? device));
    registerWebgpuKernels();
  }
  watched = device;
}
