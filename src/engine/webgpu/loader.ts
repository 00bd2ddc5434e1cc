/**
 * The webgpu engine: tfjs' WebGPU backend on Dawn (npm package `webgpu`), for any Vulkan, Metal or Direct3D 12 GPU. The user
 * installs both packages. A software device works too (our tests use one), but `auto` never chooses it.
 *
 * WebGPU reads results asynchronously: `dataSync()` does not work on this engine, `await tensor.data()` does.
 */
import { hasCode, messageOf } from '../../base/errors.js';
import type { ForeignLoader } from '../foreign/foreignLoader.js';
import type { Probe } from '../loader.js';
import { type Dawn, forgetGpu, provideNavigator, requestAdapter, vulkanLoaderMissing } from './dawn.js';
import { probeOf } from './probeOf.js';
import { isStarted, startBackend, stopBackend, type TfjsPackage } from './startBackend.js';

type Import = (name: string) => Promise<unknown>;

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
      if (isStarted()) return;
      const { dawn, backend } = await load();
      const adapter = await requestAdapter(dawn);
      if (!adapter) throw new Error('Dawn found a GPU, but it is gone now; try again');
      provideNavigator();
      await startBackend(adapter, backend);
    },
  };
}

/**
 * Lets the process end: a live GPU can keep it running. Call this when the engine is no longer used; what is still read from it
 * fails.
 */
export function releaseGpu(): void {
  stopBackend();
  forgetGpu();
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
  return adapter ? probeOf(adapter) : { usable: false, reason: 'Dawn found no GPU' };
}
