/** SiLU and its gradient. */
import type * as tf from '../../tf.js';
import { type Execute, tensorflowKernel } from './kernel.js';

export function silu(x: tf.Tensor, { one }: Execute): tf.Tensor {
  return one('Mul', [x, one('Sigmoid', [x])]);
}

/** Computes dy (s + x s (1 - s)) with s = sigmoid(x). */
export function siluGradient(dy: tf.Tensor, x: tf.Tensor, { one }: Execute): tf.Tensor {
  const s = one('Sigmoid', [x]);
  return one('Mul', [dy, one('AddV2', [s, one('SigmoidGrad', [s, x])])]);
}

export const siluKernels: readonly tf.KernelConfig[] = [
  tensorflowKernel('Silu', ({ x }, _attributes, execute) => silu(x!, execute)),
  tensorflowKernel('SiluGrad', ({ dy, x }, _attributes, execute) => siluGradient(dy!, x!, execute)),
];
