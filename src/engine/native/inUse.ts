import * as tf from '../tf.js';
import { NativeBackend } from './backend.js';

/** Returns the backend in use if it is the native one. */
export function nativeBackend(): NativeBackend | undefined {
  const backend = tf.backend();
  return backend instanceof NativeBackend ? backend : undefined;
}
