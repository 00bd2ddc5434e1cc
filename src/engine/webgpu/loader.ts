/**
 * The webgpu engine: tfjs' WebGPU backend on Dawn (npm package `webgpu`), for any Vulkan, Metal or Direct3D 12 GPU. The user
 * installs both packages. A software device works too (our tests use one), but `auto` never chooses it.
 *
 * WebGPU reads results asynchronously: `dataSync()` does not work on this engine, `await tensor.data()` does.
 */
import { hasCode, messageOf } from '../../base/errors.js';
import type { ForeignLoader } from '../foreign/foreignLoader.js';
import type { Probe } from '../loader.js';
import * as tf from '../tf.js';
import { registerAddN } from './addN.js';
import { type Dawn, provideNavigator, requestAdapter, vulkanLoaderMissing } from './dawn.js';
import { guardedBackend, mostInputs, type WebgpuBackendClass } from './guardedBackend.js';
import { registerWebgpuKernels } from './kernels/register.js';
import { WatchedDevice } from './watchedDevice.js';

/** Dispatches that are submitted together; tfjs' own value is 15. */
const dispatchesPerSubmit = 256;

const software = /swiftshader|llvmpipe|lavapipe|software|basic render|cpu/i;

type Import = (name: string) => Promise<unknown>;

/** The device of the backend that is currently registered with tfjs. */
let watched: WatchedDevice | null = null;

/** Creates an engine loader that imports the two packages with the given function. */
export function webgpuLoader(importPackage: Import = (name) => import(name)): ForeignLoader {
  const load = async () => ({
    dawn: (await imported(importPackage, 'webgpu')) as Dawn,
    backend: (await imported(importPackage, '@tensorflow/tfjs-backend-webgpu')) as TfjsPackage,
  });
  return {
    name: 'webgpu',
    backendName: 'webgpu',
    howToGet:
      'npm install webgpu@0.6 @tensorflow/tfjs-backend-webgpu@4.22.0, and a GPU with a Vulkan, Metal or D3D12 driver',
    missing: () => packages.map(absence).find((reason) => reason !== null) ?? absenceOfVulkan(),
    probe: async () => {
      try {
        return await look((await load()).dawn);
      } catch (error) {
        return { usable: false, reason: messageOf(error) };
      }
    },
    register: async () => {
      // A failed device cannot recover, and its tensors are lost.
      if (watched && !watched.failure) return;
      const { dawn, backend } = await load();
      await registerBackend(dawn, backend);
    },
  };
}

interface TfjsPackage {
  readonly WebGPUBackend: WebgpuBackendClass;
}

const packages = ['webgpu', '@tensorflow/tfjs-backend-webgpu'] as const;

/** Returns why the package cannot be present; null if it may be. */
function absence(name: string): string | null {
  try {
    import.meta.resolve(name);
    return null;
  } catch {
    return `the package ${name} is not installed`;
  }
}

function absenceOfVulkan(): string | null {
  return vulkanLoaderMissing() ? 'there is no Vulkan loader (libvulkan.so.1)' : null;
}

async function imported(importPackage: Import, name: string): Promise<unknown> {
  try {
    return await importPackage(name);
  } catch (error) {
    const missing = hasCode(error, 'ERR_MODULE_NOT_FOUND') && messageOf(error).includes(`'${name}'`);
    const problem = missing ? 'is not installed' : `does not work: ${messageOf(error).split('\n')[0]}`;
    throw new Error(`the package ${name} ${problem}`, { cause: error });
  }
}

async function look(dawn: Dawn): Promise<Probe> {
  const absent = absenceOfVulkan();
  if (absent) return { usable: false, reason: absent };
  const adapter = await requestAdapter(dawn);
  if (!adapter) return { usable: false, reason: 'Dawn found no GPU' };
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = [description || device, vendor, architecture].filter(Boolean).join(', ');
  const isSoftware = isFallbackAdapter === true || software.test(name);
  if (!isSoftware) return { usable: true, description: name, forAuto: true };
  const reason = 'a software device, slower than native';
  return { usable: true, description: `${name} (software)`, forAuto: false, reason };
}

/** Replaces the backend that tfjs registers itself, because that backend ignores errors of its device. */
async function registerBackend(dawn: Dawn, { WebGPUBackend }: TfjsPackage): Promise<void> {
  const adapter = await requestAdapter(dawn);
  if (!adapter) throw new Error('Dawn found no GPU');
  provideNavigator();
  const device = await WatchedDevice.request(adapter);
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', dispatchesPerSubmit);
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => guardedBackend(WebGPUBackend, device, adapter.info));
  if (!watched) {
    registerAddN(() => mostInputs(watched ?? device));
    registerWebgpuKernels();
  }
  watched = device;
}
