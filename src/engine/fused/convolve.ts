/** Convolution with a bias in one kernel. */
import * as tf from '../tf.js';
import { type CompositeKernel, runOne } from './composite.js';

interface ConvolveAttributes {
  readonly strides: number;
  readonly pad: number;
}

export const convolveKernels: CompositeKernel[] = [
  {
    name: 'ConvolveBiased',
    body: ({ x, filter, bias }, attributes) => {
      const { strides, pad } = attributes as unknown as ConvolveAttributes;
      return tf.add(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad), bias!);
    },
  },
];

tf.registerGradient({
  kernelName: 'ConvolveBiased',
  inputsToSave: ['x', 'filter'],
  gradFunc: (dys, saved, attributes) => {
    const dy = dys as tf.Tensor;
    const [x, filter] = saved as [tf.Tensor, tf.Tensor];
    const settings = { ...attributes, dataFormat: 'NHWC' };
    return {
      x: () => runOne(tf.Conv2DBackpropInput, { dy, filter }, { ...settings, inputShape: x.shape }),
      filter: () => runOne(tf.Conv2DBackpropFilter, { x, dy }, { ...settings, filterShape: filter.shape }),
      bias: () => tf.sum(dy, [0, 1, 2]),
    };
  },
});

export interface ConvolveOptions {
  /** @default 1 */
  readonly stride?: 1 | 2;
  /** Whether the result is float32 in half precision, too. @default false */
  readonly exact?: boolean;
}

/**
 * Maps x `[batch, height, width, in]`, filter `[k, k, in, out]` and bias `[out]` to
 * `[batch, height / stride, width / stride, out]` (odd sizes round up), with zero padding of (k - 1) / 2 on all four sides.
 * Differentiable in all three.
 */
export function convolveBiased(
  x: tf.Tensor4D,
  filter: tf.Tensor,
  bias: tf.Tensor,
  { stride = 1, exact = false }: ConvolveOptions = {},
): tf.Tensor4D {
  const pad = ((filter.shape[0] ?? 1) - 1) / 2;
  return runOne('ConvolveBiased', { x, filter, bias }, { strides: stride, pad, exact });
}
