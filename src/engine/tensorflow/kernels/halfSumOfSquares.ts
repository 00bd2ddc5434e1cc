import type * as tf from '../../tf.js';
import { tensorflowKernel } from './kernel.js';

export const halfSumOfSquaresKernels: readonly tf.KernelConfig[] = [
  tensorflowKernel('HalfSumOfSquares', ({ x }, _attributes, { one }) => one('L2Loss', [x!])),
];
