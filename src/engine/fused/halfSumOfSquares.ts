import * as tf from '../tf.js';
import { type CompositeKernel, runOne } from './composite.js';

/** Number of values summed in sequence: tfjs' WebAssembly adds in float32 and loses digits over many values. */
const row = 256;

function sumInRows(values: tf.Tensor): tf.Tensor {
  const whole = Math.floor((values.size - 1) / row) * row; // leaves at least one value
  if (whole === 0) return tf.sum(values);
  const [rows, rest] = tf.split(values, [whole, values.size - whole]) as [tf.Tensor, tf.Tensor];
  return tf.add(sumInRows(tf.sum(tf.reshape(rows, [-1, row]), 1)), tf.sum(rest));
}

export const halfSumOfSquaresKernels: CompositeKernel[] = [
  { name: 'HalfSumOfSquares', body: ({ x }) => tf.mul(sumInRows(tf.reshape(tf.square(x!), [-1])), 0.5) },
];

/** Returns half the sum of x^2 over all elements. Half, because libtensorflow has an operation only for that. No gradient. */
export function halfSumOfSquares(x: tf.Tensor): tf.Scalar {
  return runOne('HalfSumOfSquares', { x });
}
