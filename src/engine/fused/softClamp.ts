/** 5 tanh(x / 5) and its gradient. */
import * as tf from '../tf.js';
import { type CompositeKernel, registerGradientFromInput, runOne } from './composite.js';

export const softClampBound = 5;

export const softClampKernels: CompositeKernel[] = [
  { name: 'SoftClamp', body: ({ x }) => tf.mul(tf.tanh(tf.div(x!, softClampBound)), softClampBound) },
  {
    // Computes 1 / cosh(x / 5)^2 from x. The form 1 - y^2 with y = tanh would subtract two almost equal numbers near the
    // bounds.
    name: 'SoftClampGrad',
    body: ({ dy, x }) => {
      const half = tf.sigmoid(tf.mul(tf.abs(x!), -2 / softClampBound));
      return tf.mul(dy!, tf.mul(tf.mul(half, tf.sub(1, half)), 4));
    },
  },
];

registerGradientFromInput('SoftClamp');

/** Computes 5 tanh(x / 5): the identity near 0, never outside -5 to 5. */
export function softClamp<T extends tf.Tensor>(x: T): T {
  return runOne('SoftClamp', { x });
}
