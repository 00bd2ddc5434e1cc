import * as tf from '../tf.js';
import { type CompositeKernel, runOne } from './composite.js';

/** Values that are added up in a row: tfjs' WebAssembly adds float32 one after another, which loses digits over many. */
const row = 1024;

function sumOfSquares(x: tf.Tensor): tf.Tensor {
  const squares = tf.reshape(tf.square(x), [-1]);
  const whole = Math.floor((squares.size - 1) / row) * row; // something is left in any case
  if (whole <= row) return tf.sum(squares);
  const [rows, rest] = tf.split(squares, [whole, squares.size - whole]) as [tf.Tensor, tf.Tensor];
  return tf.add(tf.sum(tf.sum(tf.reshape(rows, [-1, row]), 1)), tf.sum(rest));
}

export const halfSumOfSquaresKernels: CompositeKernel[] = [
  { name: 'HalfSumOfSquares', body: ({ x }) => tf.mul(sumOfSquares(x!), 0.5) },
];

/** Half the sum of x^2 over all elements: libtensorflow has an operation for that, and only for that. No gradient. */
export function halfSumOfSquares(x: tf.Tensor): tf.Scalar {
  return runOne('HalfSumOfSquares', { x });
}
