import { NativeBackend } from '../native/backend.js';
import * as tf from '../tf.js';

/** Replaces the values of a float32 tensor, if the engine allows it; false if not, and then nothing is changed. */
export function copyInto(target: tf.Tensor, values: tf.Tensor): boolean {
  const backend = tf.backend();
  if (!(backend instanceof NativeBackend) || backend.isShared(target)) return false;
  backend.ownFloats(target).set(backend.floats(values));
  return true;
}
