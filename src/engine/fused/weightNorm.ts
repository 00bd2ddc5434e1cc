/** Weight normalisation; forward and backward are one kernel each. */
import * as tf from '../tf.js';
import { type Attributes, type CompositeKernel, type Inputs, runMany } from './composite.js';

/** Keeps a direction of length zero finite; far below the rounding error of any other length. */
const epsilon = 1e-12;

function allButLast({ shape }: tf.Tensor): number[] {
  return shape.slice(0, -1).map((_, axis) => axis);
}

/** The native engine returns only the first result and recomputes the lengths. */
function normalized({ v, g }: Inputs, { epsilon }: Attributes): tf.Tensor[] {
  const squares = tf.sum(tf.square(v!), allButLast(v!));
  const inverseLength = tf.rsqrt(tf.add(squares, epsilon as number));
  return [tf.mul(v!, tf.mul(g!, inverseLength)), inverseLength];
}

/** dg = sum(dy v) / |v|, dv = g / |v| (dy - v dg / |v|). */
function gradient({ dy, v, g, inverseLength }: Inputs): tf.Tensor[] {
  const dg = tf.mul(tf.sum(tf.mul(dy!, v!), allButLast(v!)), inverseLength!);
  const along = tf.mul(v!, tf.mul(dg, inverseLength!));
  return [tf.mul(tf.sub(dy!, along), tf.mul(g!, inverseLength!)), dg];
}

export const weightNormKernels: CompositeKernel[] = [
  { name: 'WeightNorm', body: normalized },
  { name: 'WeightNormGrad', body: gradient },
];

tf.registerGradient({
  kernelName: 'WeightNorm',
  inputsToSave: ['v', 'g'],
  outputsToSave: [false, true],
  gradFunc: (dys, saved, attributes) => {
    const dy = [dys].flat()[0];
    const [v, g, inverseLength] = saved as [tf.Tensor, tf.Tensor, tf.Tensor | undefined];
    const inputs = { dy: dy!, v, g, ...(inverseLength && { inverseLength }) };
    const [dv, dg] = runMany('WeightNormGrad', inputs, attributes);
    return { v: () => dv!, g: () => dg! };
  },
});

/** Computes g * v / |v| with one length for each output: v `[..., out]`, g `[out]`. Differentiable in both. */
export function weightNorm<T extends tf.Tensor>(v: T, g: tf.Tensor): T {
  return runMany('WeightNorm', { v, g }, { epsilon })[0] as T;
}
