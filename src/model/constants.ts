/** Values that the gradient sees as constants. */
import * as tf from '../engine/tf.js';

/** f(x), computed outside the tape: nothing flows back to x. */
export function asConstant<X extends tf.Tensor, Y extends tf.Tensor>(x: X, f: (x: X) => Y): Y {
  const constant = tf.customGrad((input) => ({
    value: f(input as X),
    // by its shape: the input itself may have been let go of by now
    gradFunc: () => tf.zeros((input as X).shape),
  }));
  return constant(x) as Y;
}
