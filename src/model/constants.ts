/** Values that are constants for the gradient. */
import * as tf from '../engine/tf.js';

/** Returns f(x), computed outside the tape: no gradient flows back to x. */
export function asConstant<X extends tf.Tensor, Y extends tf.Tensor>(x: X, f: (x: X) => Y): Y {
  const constant = tf.customGrad((input) => ({
    value: f(input as X),
    // x may already be disposed, so only its shape is read
    gradFunc: () => tf.zeros((input as X).shape),
  }));
  return constant(x) as Y;
}
