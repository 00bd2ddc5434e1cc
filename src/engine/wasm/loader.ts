/** The WebAssembly engine: tfjs' own, plus the kernels that it lacks. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { messageOf } from '../../base/errors.js';
import type { EngineLoader } from '../loader.js';
import * as tf from '../tf.js';
import { registerWasmKernels } from './kernels.js';
import { guardMemory } from './memory.js';

const inBrowser =
  'serve the .wasm files of @tensorflow/tfjs-backend-wasm/dist, and pass their location: useEngine("wasm", { wasmPaths })';

/**
 * Creates an engine loader.
 * @param defaultFolder returns where the `.wasm` files are, unless `wasmPaths` is set; null: next to the page, the tfjs default
 */
export function wasmLoader(defaultFolder: (() => string) | null): EngineLoader {
  return {
    name: 'wasm',
    backendName: 'wasm',
    howToGet: defaultFolder ? 'comes with every install' : inBrowser,
    probe: async () => {
      try {
        await import('@tensorflow/tfjs-backend-wasm');
        const has = async (what: string) => (await tf.env().getAsync(`WASM_HAS_${what}_SUPPORT`)) === true;
        const [simd, threads] = [await has('SIMD'), await has('MULTITHREAD')]; // threads only in browsers
        const description = `WebAssembly${simd ? ' with SIMD' : ''}, ${threads ? 'several threads' : '1 thread'}`;
        const details = { simd: simd ? 'wasm-simd' : 'none', ...(!threads && { threads: 1 }) };
        return { usable: true, description, forAuto: true, ...details };
      } catch (error) {
        return { usable: false, reason: messageOf(error) };
      }
    },
    register: async ({ wasmPaths = defaultFolder?.() } = {}) => {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
      if (wasmPaths !== undefined && !tf.findBackend('wasm')) setWasmPaths(wasmPaths);
      registerWasmKernels();
    },
    started: (backend) => guardMemory(backend as BackendWasm),
  };
}
