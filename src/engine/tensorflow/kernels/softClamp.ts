/** The gradient of 5 tanh(x / 5). fused/softClamp.ts explains names and reasons. */

import { softClampBound } from '../../fused/softClamp.js';
import * as tf from '../../tf.js';
import { tensorflowKernel } from './kernel.js';

export const softClampKernels: readonly tf.KernelConfig[] = [
  tensorflowKernel('SoftClampGrad', ({ dy, x }, _attributes, { one }) => {
    const half = one('Sigmoid', [tf.mul(one('Abs', [x!]), -2 / softClampBound)]);
    return tf.mul(one('SigmoidGrad', [half, dy!]), 4);
  }),
];
