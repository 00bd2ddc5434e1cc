/** Convolution with a bias. */
import { runOne } from '../../fused/composite.js';
import * as tf from '../../tf.js';
import { tensorflowKernel } from './kernel.js';

export const convolveKernels: readonly tf.KernelConfig[] = [
  tensorflowKernel('ConvolveBiased', ({ x, filter, bias }, attributes, { one }) => {
    const y = runOne(
      tf.Conv2D,
      { x: x!, filter: filter! },
      { dilations: 1, dataFormat: 'NHWC', ...attributes },
    );
    return one('BiasAdd', [y, bias!]);
  }),
];
