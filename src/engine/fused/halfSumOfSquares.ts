import * as tf from '../tf.js';
import { type CompositeKernel, runOne } from './composite.js';

export const halfSumOfSquaresKernels: CompositeKernel[] = [
  { name: 'HalfSumOfSquares', body: ({ x }) => tf.mul(tf.sum(tf.square(x!)), 0.5) },
];

/** Half the sum of x^2 over all elements: libtensorflow has an operation for that, and only for that. No gradient. */
export function halfSumOfSquares(x: tf.Tensor): tf.Scalar {
  return runOne('HalfSumOfSquares', { x });
}
