import { EngineUnavailableError } from './engines.js';
import { nativeBackend } from './native/inUse.js';
import * as tf from './tf.js';

/**
 * Checks that the engine in use supports `withHalfPrecision`.
 * @throws EngineUnavailableError when the engine in use computes only in float32
 */
export function checkHalfPrecision(): void {
  if (nativeBackend()) return;
  const remedy = 'use the engine native, or set it to false (--set training_parameters.half_precision=false)';
  throw new EngineUnavailableError(
    `training_parameters.half_precision: expected false on the engine ${tf.getBackend()}, got true; ${remedy}`,
  );
}
