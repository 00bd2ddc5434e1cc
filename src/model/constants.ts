/** Values that the gradient sees as constants. */
import * as tf from '../engine/tf.js';

/** f(x), computed outside the tape: nothing flows back to x. */
export function asConstant<X extends tf.Tensor, Y extends tf.Tensor>(x: X, f: (x: X) => Y): Y {
  const constant = tf.customGrad((input) => ({
    value: f(input as X),
    gradFunc: () => tf.zerosLike(input as X),
  }));
  return constant(x) as Y;
}
