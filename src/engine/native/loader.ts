/** The native engine: our own C++ kernels. */

import { messageOf } from '../../config/errors.js';
import type { EngineLoader } from '../loader.js';
import { loadAddon } from './addon.js';
import { nativeBackendName, registerNativeBackend } from './register.js';

const simdNames = { avx512: 'AVX-512', avx2: 'AVX2', portable: 'portable SIMD' } as const;

export const nativeLoader: EngineLoader = {
  name: 'native',
  backendName: nativeBackendName,
  howToGet: 'install a C++ compiler, make and python3, then run: npm run build:native',
  probe: async () => {
    try {
      const addon = loadAddon();
      const [threads, simd] = [addon.threads(), addon.simd()];
      const description = `C++ kernels, ${simdNames[simd]}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
      return { usable: true, description, forAuto: true, threads, simd };
    } catch (error) {
      return { usable: false, reason: messageOf(error) };
    }
  },
  register: async () => registerNativeBackend(),
};
