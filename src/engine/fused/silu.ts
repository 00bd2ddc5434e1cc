/** SiLU (swish) and its gradient. */
import * as tf from '../tf.js';
import { type CompositeKernel, registerGradientFromInput, runOne } from './composite.js';

export const siluKernels: CompositeKernel[] = [
  { name: 'Silu', body: ({ x }) => tf.mul(x!, tf.sigmoid(x!)) },
  { name: 'SiluGrad', body: ({ dy, x }) => siluGradient(dy!, x!) },
];

/** Computes dy * (s + x * s * (1 - s)) with s = sigmoid(x), in ordinary operations. */
export function siluGradient(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const s = tf.sigmoid(x);
  return tf.mul(dy, tf.add(s, tf.mul(tf.mul(x, s), tf.sub(1, s))));
}

registerGradientFromInput('Silu');

/** SiLU (swish): x * sigmoid(x), any shape. */
export function silu<T extends tf.Tensor>(x: T): T {
  return runOne('Silu', { x });
}
