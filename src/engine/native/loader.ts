/** The native engine: our own C++ kernels. */

import { messageOf } from '../../base/errors.js';
import { processors } from '../../base/processors.js';
import type { EngineLoader } from '../loader.js';
import { EngineSettingError } from '../settings.js';
import { ownBuildName } from './addonFiles.js';
import { howToGetAddon, loadAddonFile } from './loadAddon.js';
import { nativeBackendName, registerNativeBackend } from './register.js';

const simdNames = { avx512: 'AVX-512', avx2: 'AVX2', portable: 'portable SIMD' } as const;

export const nativeLoader: EngineLoader = {
  name: 'native',
  backendName: nativeBackendName,
  get howToGet() {
    return howToGetAddon();
  },
  probe: async () => {
    try {
      const { addon, from, refused } = loadAddonFile();
      const [threads, simd] = [addon.threads(), addon.simd()];
      const cores = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
      const origin = from === ownBuildName ? '' : `, from ${from}`;
      const description = `C++ kernels, ${simdNames[simd]}, ${cores}${origin}`;
      const warning = [...refused, ...threadWarnings(threads)].join('; ');
      return { usable: true, description, forAuto: true, threads, simd, ...(warning && { warning }) };
    } catch (error) {
      if (error instanceof EngineSettingError) throw error;
      return { usable: false, reason: messageOf(error) };
    }
  },
  register: async () => registerNativeBackend(),
};

function threadWarnings(threads: number): string[] {
  const { usable } = processors();
  if (threads <= usable) return [];
  const shared = `${usable} usable ${usable === 1 ? 'processor' : 'processors'}`;
  return [`NVAE_THREADS: ${threads} threads share ${shared}, which is slower; unset it`];
}
