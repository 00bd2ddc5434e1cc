/** Dawn, the WebGPU implementation for Node (npm package `webgpu`), and the place where tfjs looks for it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface UncapturedError {
  readonly error: Error;
  preventDefault(): void;
}

export interface Device {
  readonly limits: Readonly<Record<string, number>>;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  addEventListener(type: 'uncapturederror', listener: (event: UncapturedError) => void): void;
  destroy(): void;
}

export interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

export interface Adapter {
  readonly info: AdapterInfo;
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: {
    readonly requiredFeatures: readonly string[];
    readonly requiredLimits: Readonly<Record<string, number>>;
  }): Promise<Device>;
}

interface Gpu {
  requestAdapter(options?: { readonly powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

/** The exports of the package. */
export interface Dawn {
  readonly create: (options: string[]) => Gpu;
  readonly globals: object;
}

/** It must live as long as any device: once it is collected, the next read of one crashes the process. */
let gpu: Gpu | undefined;
let navigatorBefore: PropertyDescriptor | undefined;

/** On Linux without a Vulkan loader, Dawn finds no device and prints a warning that users should not see. */
export function vulkanLoaderMissing(): boolean {
  if (process.platform !== 'linux') return false;
  const library = 'libvulkan.so.1';
  const folders = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean);
  folders.push('/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib', '/lib64', '/run/opengl-driver/lib');
  if (folders.some((folder) => existsSync(join(folder, library)))) return false;
  const cache = '/etc/ld.so.cache';
  return existsSync(cache) && !readFileSync(cache).includes(library);
}

/** Returns the device that Dawn would choose; null if there is none. */
export async function requestAdapter({ create, globals }: Dawn): Promise<Adapter | null> {
  if (!gpu) {
    Object.assign(globalThis, globals);
    gpu = create([]);
  }
  return gpu.requestAdapter({ powerPreference: 'high-performance' });
}

/** Puts the WebGPU API where a browser has it, because tfjs looks for it there. */
export function provideNavigator(): void {
  navigatorBefore ??= Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const navigator = { gpu };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
}

function restoreNavigator(): void {
  if (navigatorBefore) Object.defineProperty(globalThis, 'navigator', navigatorBefore);
  else Reflect.deleteProperty(globalThis, 'navigator');
}

/** Forgets Dawn. No device may be in use any more. */
export function forgetGpu(): void {
  if (!gpu) return;
  gpu = undefined;
  restoreNavigator();
}
