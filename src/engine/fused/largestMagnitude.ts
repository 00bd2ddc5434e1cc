/** max |x|, with one kernel for its gradient. */
import * as tf from '../tf.js';
import { type CompositeKernel, registerGradientFromInput, runOne } from './composite.js';

export const largestMagnitudeKernels: CompositeKernel[] = [
  { name: 'LargestMagnitude', body: ({ x }) => tf.max(tf.abs(x!)) },
  {
    name: 'LargestMagnitudeGrad',
    body: ({ dy, x }) => {
      const size = tf.abs(x!);
      const isLargest = tf.cast(tf.equal(size, tf.max(size)), 'float32');
      return tf.mul(tf.div(tf.mul(isLargest, tf.sign(x!)), tf.sum(isLargest)), dy!);
    },
  },
];

registerGradientFromInput('LargestMagnitude');

/** max |x|, a scalar; where several are the largest, they share the gradient equally. */
export function largestMagnitude(x: tf.Tensor): tf.Scalar {
  return runOne('LargestMagnitude', { x });
}
