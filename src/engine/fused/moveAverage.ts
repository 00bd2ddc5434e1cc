/** A running average takes a step towards a value, in place where the engine allows it. */
import { NativeBackend } from '../native/backend.js';
import * as tf from '../tf.js';

export interface AverageOptions {
  /** Of the new value, between 0 and 1. */
  readonly weight: number;
  /** The new value is multiplied by this first. @default 1 */
  readonly factor?: number;
  /** The average does not fall below it; one that is below it does not fall further. @default none */
  readonly floor?: number;
}

/** average = (1 - weight) * average + weight * factor * value; the value, of the same shape, stays the caller's. */
export function moveAverage(
  average: tf.Variable,
  value: tf.Tensor,
  { weight, factor = 1, floor = Number.NEGATIVE_INFINITY }: AverageOptions,
): void {
  const backend = tf.backend();
  if (backend instanceof NativeBackend && !backend.isShared(average)) {
    backend.addon.moveAverage(weight, factor, floor, backend.floats(value), backend.ownFloats(average));
    return;
  }
  tf.tidy(() => {
    const moved = tf.add(tf.mul(average, 1 - weight), tf.mul(value, weight * factor));
    const isBounded = Number.isFinite(floor);
    average.assign(isBounded ? tf.maximum(moved, tf.minimum(average, floor)) : moved);
  });
}
