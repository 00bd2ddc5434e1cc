/** Whether the work that is running keeps and multiplies in bfloat16; src/engine/gradients and the native kernels ask. */
import { EngineUnavailableError } from './engines.js';
import { nativeBackend } from './native/register.js';
import * as tf from './tf.js';

let on = false;

/** Runs `work` in half precision, or not. Scopes may be nested; `work` is synchronous. */
export function withHalfPrecision<T>(wanted: boolean, work: () => T): T {
  const before = on;
  on = wanted;
  try {
    return work();
  } finally {
    on = before;
  }
}

export function isHalfPrecision(): boolean {
  return on;
}

/**
 * @throws EngineUnavailableError when the engine in use computes in float32 only
 */
export function checkHalfPrecision(): void {
  if (nativeBackend()) return;
  const remedy = 'use the engine native, or set it to false (--set training_parameters.half_precision=false)';
  throw new EngineUnavailableError(
    `training_parameters.half_precision: expected false on the engine ${tf.getBackend()}, got true; ${remedy}`,
  );
}
