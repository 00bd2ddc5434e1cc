/** The length of many tensors together. */
import * as tf from '../tf.js';
import { type CompositeKernel, runOne } from './composite.js';

export const globalNormKernels: CompositeKernel[] = [
  {
    name: 'GlobalNorm',
    body: (tensors) => {
      const squares = Object.values(tensors).map((tensor) => tf.sum(tf.square(tensor)));
      return tf.sqrt(tf.sum(tf.stack(squares)));
    },
  },
];

/** 2-norm of all tensors together, a scalar. No gradient. */
export function globalNorm(tensors: Iterable<tf.Tensor>): tf.Scalar {
  return runOne('GlobalNorm', Object.fromEntries([...tensors].map((tensor, i) => [`x${i}`, tensor])));
}
