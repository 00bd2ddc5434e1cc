/** The webgpu engine in a browser: tfjs' WebGPU backend, which the page imports, on the browser's own WebGPU, with our kernels. */
import { messageOf } from '../../base/errors.js';
import type { UseEngineOptions } from '../engines.js';
import type { EngineLoader, Probe } from '../loader.js';
import * as tf from '../tf.js';
import type { Adapter } from './dawn.js';
import { probeOf } from './probeOf.js';
import type { TfjsPackage } from './startBackend.js';

const option = 'webgpuBackend: () => import("@tensorflow/tfjs-backend-webgpu")';

export const webgpuInBrowser: EngineLoader = {
  name: 'webgpu',
  backendName: 'webgpu',
  howToGet: `npm install @tensorflow/tfjs-backend-webgpu@4.22.0, useEngine("webgpu", { ${option} }), and a browser with WebGPU`,
  probe: async (options) => {
    try {
      const probe = probeOf(await requestAdapter());
      if (options?.webgpuBackend || !probe.forAuto) return probe;
      return {
        ...probe,
        forAuto: false,
        reason: `auto uses it if the page passes ${option}`,
      } satisfies Probe;
    } catch (error) {
      return { usable: false, reason: messageOf(error) };
    }
  },
  register: async ({ webgpuBackend } = {}) => {
    const { isStarted, startBackend } = await import('./startBackend.js'); // pages without WebGPU do not load the kernels
    if (isStarted()) return;
    const tfjsPackage = await imported(webgpuBackend);
    await startBackend(await requestAdapter(), tfjsPackage);
  },
};

interface BrowserGpu {
  requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

async function requestAdapter(): Promise<Adapter> {
  const { navigator } = globalThis as { readonly navigator?: { readonly gpu?: BrowserGpu } };
  if (!navigator?.gpu)
    throw new Error(
      'there is no WebGPU (navigator.gpu): the browser lacks it, or the page comes from neither https nor localhost',
    );
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('the browser has WebGPU, but no GPU for it');
  return adapter;
}

async function imported(webgpuBackend: UseEngineOptions['webgpuBackend']): Promise<TfjsPackage> {
  if (!webgpuBackend) throw new Error(`the page does not pass ${option}`);
  const found = await webgpuBackend().catch((error: unknown) => {
    throw new Error(`@tensorflow/tfjs-backend-webgpu does not load: ${messageOf(error)}`, { cause: error });
  });
  if (!tf.getKernel(tf.AddN, 'webgpu'))
    throw new Error(
      'webgpuBackend gave no @tensorflow/tfjs-backend-webgpu that uses the same copy of @tensorflow/tfjs-core',
    );
  return found as TfjsPackage;
}
