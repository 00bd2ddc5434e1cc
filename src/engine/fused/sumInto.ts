/** A sum in the memory of one of its terms. */
import { NativeBackend } from '../native/backend.js';
import * as tf from '../tf.js';

/**
 * a + b, where nobody needs b any more: in its memory where the engine allows it, and then it is b itself.
 * Not differentiable. Ownership: a stays the caller's, and b does too unless it is returned.
 */
export function sumInto(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const backend = tf.backend();
  const inPlace =
    backend instanceof NativeBackend &&
    a.dtype === 'float32' &&
    b.dtype === 'float32' &&
    a.size === b.size &&
    !backend.isShared(b);
  if (!inPlace) return tf.add(a, b);
  backend.addon.accumulate(backend.floats(a), backend.ownFloats(b));
  return b;
}
