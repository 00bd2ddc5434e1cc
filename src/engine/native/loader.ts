/** The native engine: our own C++ kernels. */

import { messageOf } from '../../base/errors.js';
import { processors } from '../../base/processors.js';
import type { EngineLoader } from '../loader.js';
import { EngineSettingError } from '../settings.js';
import { howToBuild, loadAddon } from './loadAddon.js';
import { nativeBackendName, registerNativeBackend } from './register.js';

const simdNames = { avx512: 'AVX-512', avx2: 'AVX2', portable: 'portable SIMD' } as const;

export const nativeLoader: EngineLoader = {
  name: 'native',
  backendName: nativeBackendName,
  howToGet: howToBuild(),
  probe: async () => {
    try {
      const addon = loadAddon();
      const [threads, simd] = [addon.threads(), addon.simd()];
      const description = `C++ kernels, ${simdNames[simd]}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
      const { usable } = processors();
      const warning =
        threads > usable &&
        `NVAE_THREADS: ${threads} threads share ${usable} usable ${usable === 1 ? 'processor' : 'processors'}, which is slower; unset it`;
      return { usable: true, description, forAuto: true, threads, simd, ...(warning && { warning }) };
    } catch (error) {
      if (error instanceof EngineSettingError) throw error;
      return { usable: false, reason: messageOf(error) };
    }
  },
  register: async () => registerNativeBackend(),
};
