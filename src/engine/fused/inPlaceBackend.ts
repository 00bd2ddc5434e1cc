import { NativeBackend } from '../native/backend.js';
import * as tf from '../tf.js';

/**
 * The native backend, if it can change these variables where they are; null on other engines, and if the memory of one is
 * shared with another tensor.
 */
export function inPlaceBackend(variables: readonly tf.Variable[]): NativeBackend | null {
  const backend = tf.backend();
  if (!(backend instanceof NativeBackend)) return null;
  return variables.some((variable) => backend.isShared(variable)) ? null : backend;
}
