/** The norm over many tensors. */
import * as tf from '../tf.js';
import { type CompositeKernel, runOne } from './composite.js';
import { halfSumOfSquares } from './halfSumOfSquares.js';

export const globalNormKernels: CompositeKernel[] = [
  {
    name: 'GlobalNorm',
    body: (tensors) => {
      const halves = Object.values(tensors).map(halfSumOfSquares);
      return tf.sqrt(tf.mul(tf.addN(halves), 2));
    },
  },
];

/** Returns the 2-norm over all tensors together, a scalar. No gradient. */
export function globalNorm(tensors: Iterable<tf.Tensor>): tf.Scalar {
  return runOne('GlobalNorm', Object.fromEntries([...tensors].map((tensor, i) => [`x${i}`, tensor])));
}
