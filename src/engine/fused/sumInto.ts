/** A sum that reuses the memory of one of its terms. */
import { NativeBackend } from '../native/backend.js';
import * as tf from '../tf.js';

/**
 * Returns a + b if b is no longer needed: uses the memory of b if the engine allows it, and then returns b itself.
 * Not differentiable. Ownership: the caller keeps a, and also b unless it is returned.
 */
export function sumInto(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const backend = tf.backend();
  const inPlace =
    backend instanceof NativeBackend &&
    a.dtype === 'float32' &&
    b.dtype === 'float32' &&
    a.size === b.size &&
    !backend.isRounded(b) &&
    !backend.isShared(b);
  if (!inPlace) return tf.add(a, b);
  backend.addon.accumulate(backend.features(a), backend.ownFloats(b));
  return b;
}
