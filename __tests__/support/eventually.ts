import { setTimeout } from 'node:timers/promises';

/** More than any machine needs, but less than the time limit of a test, so that a failure shows what was expected. */
const limitMs = 30_000;

/** Repeats a check until it passes, and returns its result; on timeout fails with its last error. */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  for (const begin = performance.now(); ; await setTimeout(10)) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() - begin > limitMs) throw error;
    }
  }
}
