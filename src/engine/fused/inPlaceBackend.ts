import { NativeBackend } from '../native/backend.js';
import * as tf from '../tf.js';

/**
 * Returns the native backend if it can change these variables in place; null on other engines, or if one of the variables
 * shares its memory with another tensor.
 */
export function inPlaceBackend(variables: readonly tf.Variable[]): NativeBackend | null {
  const backend = tf.backend();
  if (!(backend instanceof NativeBackend)) return null;
  return variables.some((variable) => backend.isShared(variable)) ? null : backend;
}
