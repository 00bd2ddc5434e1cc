/** Weight normalisation, forward and backward one kernel each. */
import * as tf from '../tf.js';
import { type Attributes, type CompositeKernel, type Inputs, runMany, runOne } from './composite.js';
import { differentiated } from './differentiated.js';

/** Keeps a direction of length zero finite; far below the rounding of any other. */
const epsilon = 1e-12;

function normalized({ v, g }: Inputs, attributes: Attributes): tf.Tensor {
  const squares = tf.sum(
    tf.square(v!),
    v!.shape.slice(0, -1).map((_, axis) => axis),
  );
  return tf.mul(v!, tf.div(g!, tf.sqrt(tf.add(squares, attributes.epsilon as number))));
}

export const weightNormKernels: CompositeKernel[] = [
  { name: 'WeightNorm', body: normalized },
  { name: 'WeightNormGrad', body: differentiated(normalized, ['v', 'g']) },
];

tf.registerGradient({
  kernelName: 'WeightNorm',
  inputsToSave: ['v', 'g'],
  gradFunc: (dy, saved, attributes) => {
    const [v, g] = saved as [tf.Tensor, tf.Tensor];
    const [dv, dg] = runMany('WeightNormGrad', { dy: dy as tf.Tensor, v, g }, attributes);
    return { v: () => dv!, g: () => dg! };
  },
});

/** g * v / |v| with one length for each output: v `[..., out]`, g `[out]`. Differentiable in both. */
export function weightNorm<T extends tf.Tensor>(v: T, g: tf.Tensor): T {
  return runOne('WeightNorm', { v, g }, { epsilon });
}
