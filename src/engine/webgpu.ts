/**
 * The webgpu engine: tfjs' WebGPU backend on Dawn (npm package `webgpu`), for any Vulkan, Metal or Direct3D 12 GPU. Both packages
 * are the user's own install. A software device works too (our tests use one) but is never taken by `auto`.
 */
import { type EngineLoader, messageOf, type Probe } from './loader.js';
import * as tf from './tf.js';

interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

interface Gpu {
  requestAdapter(): Promise<{ readonly info: AdapterInfo } | null>;
}

interface Dawn {
  readonly create: (options: string[]) => Gpu;
  readonly globals: object;
}

const software = /swiftshader|llvmpipe|lavapipe|software|basic render|cpu/i;

let gpu: Gpu | undefined;

/** tfjs looks for the WebGPU API where a browser has it. */
async function provideGpu(): Promise<Gpu> {
  if (gpu) return gpu;
  const packageName: string = 'webgpu';
  const { create, globals } = (await import(packageName)) as Dawn;
  Object.assign(globalThis, globals);
  gpu = create([]);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true, writable: true });
  return gpu;
}

async function probe(): Promise<Probe> {
  try {
    const adapter = await (await provideGpu()).requestAdapter();
    if (!adapter) return { usable: false, reason: 'no GPU that Dawn can use was found' };
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
    const name = [description || device, vendor, architecture].filter(Boolean).join(', ');
    const isSoftware = isFallbackAdapter === true || software.test(name);
    return { usable: true, description: isSoftware ? `${name} (software)` : name, forAuto: !isSoftware };
  } catch (error) {
    return { usable: false, reason: `the package webgpu does not load: ${messageOf(error)}` };
  }
}

export const webgpuLoader: EngineLoader = {
  name: 'webgpu',
  backendName: 'webgpu',
  howToGet:
    'npm install webgpu@0.6 @tensorflow/tfjs-backend-webgpu@4.22.0, and a GPU with a Vulkan, Metal or D3D12 driver',
  probe,
  register: async () => {
    const packageName: string = '@tensorflow/tfjs-backend-webgpu';
    if (!tf.findBackendFactory('webgpu')) await import(packageName);
  },
};

/** Lets the process end: a live `navigator.gpu` may keep it running. Call when the engine is no longer used. */
export function releaseGpu(): void {
  if (!gpu) return;
  gpu = undefined;
  Reflect.deleteProperty(globalThis, 'navigator');
}
