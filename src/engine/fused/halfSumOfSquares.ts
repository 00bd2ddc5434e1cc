import * as tf from '../tf.js';
import { type CompositeKernel, runOne } from './composite.js';

/** Values that are added up one after another: tfjs' WebAssembly loses digits over many, because it adds float32. */
const row = 256;

function sumInRows(values: tf.Tensor): tf.Tensor {
  const whole = Math.floor((values.size - 1) / row) * row; // something is left in any case
  if (whole === 0) return tf.sum(values);
  const [rows, rest] = tf.split(values, [whole, values.size - whole]) as [tf.Tensor, tf.Tensor];
  return tf.add(sumInRows(tf.sum(tf.reshape(rows, [-1, row]), 1)), tf.sum(rest));
}

export const halfSumOfSquaresKernels: CompositeKernel[] = [
  { name: 'HalfSumOfSquares', body: ({ x }) => tf.mul(sumInRows(tf.reshape(tf.square(x!), [-1])), 0.5) },
];

/** Half the sum of x^2 over all elements: libtensorflow has an operation for that, and only for that. No gradient. */
export function halfSumOfSquares(x: tf.Tensor): tf.Scalar {
  return runOne('HalfSumOfSquares', { x });
}
