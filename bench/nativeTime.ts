/** Measures how long native code runs, whatever calls it. */

import { NativeUnavailableError } from '../src/engine/engines.js';
import type { Addon } from '../src/engine/native/addon.js';
import { loadAddon } from '../src/engine/native/loadAddon.js';

export interface NativeTime {
  /** Seconds in native code since the last call. */
  take(): number;
}

/**
 * Wraps every function of the addon for the lifetime of the process. Call it before the engine is chosen, because its kernels keep
 * references to the functions. Null if there is no addon.
 */
export function watchNativeTime(): NativeTime | null {
  let addon: Addon;
  try {
    addon = loadAddon();
  } catch (error) {
    if (error instanceof NativeUnavailableError) return null;
    throw error;
  }
  let milliseconds = 0;
  for (const [name, native] of Object.entries(addon) as [keyof Addon, (...args: unknown[]) => unknown][]) {
    const timed = (...args: unknown[]) => {
      const start = performance.now();
      const result = native(...args);
      milliseconds += performance.now() - start;
      return result;
    };
    Object.assign(addon, { [name]: timed });
  }
  return {
    take() {
      const seconds = milliseconds / 1000;
      milliseconds = 0;
      return seconds;
    },
  };
}
