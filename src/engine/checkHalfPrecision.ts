import { EngineUnavailableError } from './engines.js';
import { nativeBackend } from './native/inUse.js';
import * as tf from './tf.js';

/**
 * Whether the engine in use can do what `withHalfPrecision` asks for.
 * @throws EngineUnavailableError when the engine in use computes in float32 only
 */
export function checkHalfPrecision(): void {
  if (nativeBackend()) return;
  const remedy = 'use the engine native, or set it to false (--set training_parameters.half_precision=false)';
  throw new EngineUnavailableError(
    `training_parameters.half_precision: expected false on the engine ${tf.getBackend()}, got true; ${remedy}`,
  );
}
