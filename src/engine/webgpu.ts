/**
 * The webgpu engine: tfjs' WebGPU backend on Dawn (npm package `webgpu`), for any Vulkan, Metal or Direct3D 12 GPU. Both packages
 * are the user's own install. A software device works too (our tests use one) but is never taken by `auto`.
 *
 * WebGPU reads results asynchronously: `dataSync()` does not work on this engine, `await tensor.data()` does.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../config/errors.js';
import type { EngineLoader, Probe } from './loader.js';
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
let navigatorBefore: PropertyDescriptor | undefined;

/** On Linux without a Vulkan loader Dawn finds nothing, and prints a warning about it that nobody asked for. */
function vulkanLoaderMissing(): boolean {
  if (process.platform !== 'linux') return false;
  const library = 'libvulkan.so.1';
  const folders = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean);
  folders.push('/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib', '/lib64', '/run/opengl-driver/lib');
  if (folders.some((folder) => existsSync(join(folder, library)))) return false;
  const cache = '/etc/ld.so.cache';
  return existsSync(cache) && !readFileSync(cache).includes(library);
}

/** tfjs looks for the WebGPU API where a browser has it. */
function provideNavigator(value: Gpu): void {
  navigatorBefore ??= Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const navigator = { gpu: value };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
}

function restoreNavigator(): void {
  if (navigatorBefore) Object.defineProperty(globalThis, 'navigator', navigatorBefore);
  else Reflect.deleteProperty(globalThis, 'navigator');
}

async function loadDawn(): Promise<Dawn> {
  const packageName: string = 'webgpu';
  return (await import(packageName)) as Dawn;
}

async function startDawn(): Promise<Gpu> {
  if (gpu) return gpu;
  const { create, globals } = await loadDawn();
  Object.assign(globalThis, globals);
  gpu = create([]);
  return gpu;
}

async function probe(): Promise<Probe> {
  try {
    await loadDawn();
    if (vulkanLoaderMissing()) return { usable: false, reason: 'there is no Vulkan loader (libvulkan.so.1)' };
    const adapter = await (await startDawn()).requestAdapter();
    if (!adapter) return { usable: false, reason: 'Dawn found no GPU' };
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
    const name = [description || device, vendor, architecture].filter(Boolean).join(', ');
    const isSoftware = isFallbackAdapter === true || software.test(name);
    if (!isSoftware) return { usable: true, description: name, forAuto: true };
    const reason = 'a software device, slower than native';
    return { usable: true, description: `${name} (software)`, forAuto: false, reason };
  } catch (error) {
    return {
      usable: false,
      reason: `Dawn (the package webgpu) does not work: ${messageOf(error).split('\n')[0]}`,
    };
  }
}

export const webgpuLoader: EngineLoader = {
  name: 'webgpu',
  backendName: 'webgpu',
  howToGet:
    'npm install webgpu@0.6 @tensorflow/tfjs-backend-webgpu@4.22.0, and a GPU with a Vulkan, Metal or D3D12 driver',
  probe,
  register: async () => {
    provideNavigator(await startDawn());
    const packageName: string = '@tensorflow/tfjs-backend-webgpu';
    if (!tf.findBackendFactory('webgpu')) await import(packageName);
  },
};

/** Lets the process end: a live `navigator.gpu` may keep it running. Call when the engine is no longer used. */
export function releaseGpu(): void {
  if (!gpu) return;
  gpu = undefined;
  restoreNavigator();
}
