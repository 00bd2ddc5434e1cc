/** The WebAssembly engine: tfjs' own, with the kernels that it lacks. */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { messageOf } from '../../base/errors.js';
import type { EngineLoader } from '../loader.js';
import * as tf from '../tf.js';
import { registerWasmKernels } from './kernels.js';
import { guardMemory } from './memory.js';

export const wasmLoader: EngineLoader = {
  name: 'wasm',
  backendName: 'wasm',
  howToGet: 'comes with every install',
  probe: async () => {
    try {
      await import('@tensorflow/tfjs-backend-wasm');
      const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true;
      const description = `WebAssembly${simd ? ' with SIMD' : ''}, 1 thread`;
      // tfjs has threads in browsers only
      return { usable: true, description, forAuto: true, threads: 1, simd: simd ? 'wasm-simd' : 'none' };
    } catch (error) {
      return { usable: false, reason: messageOf(error) };
    }
  },
  register: async () => {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
    if (!tf.findBackend('wasm')) setWasmPaths(join(dirname(manifest), 'dist') + sep);
    registerWasmKernels();
  },
  started: (backend) => guardMemory(backend as BackendWasm),
};
