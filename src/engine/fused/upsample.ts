/** Upsampling by 2. */
import { computedAgain } from '../gradients/computedAgain.js';
import * as tf from '../tf.js';
import { type CompositeKernel, runOne } from './composite.js';

function repeatPixels(x: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const wide = tf.tile(tf.reshape(x, [batch * height, width, 1, channels]), [1, 1, 2, 1]);
  const rows = tf.reshape(wide, [batch * height, 1, 2 * width, channels]);
  return tf.reshape(tf.tile(rows, [1, 2, 1, 1]), [batch, 2 * height, 2 * width, channels]);
}

export const upsampleKernels: CompositeKernel[] = [
  { name: 'UpsampleNearest2x', body: ({ x }) => repeatPixels(x!) },
  {
    name: 'UpsampleNearest2xGrad',
    body: ({ dy }) => tf.mul(tf.avgPool(dy as tf.Tensor4D, 2, 2, 'valid'), 4),
  },
];

tf.registerGradient({
  kernelName: 'UpsampleNearest2x',
  inputsToSave: ['x'], // for its result, not for its gradient
  gradFunc: (dy) => ({ x: () => runOne('UpsampleNearest2xGrad', { dy: dy as tf.Tensor }) }),
});

const runUpsample = (x: tf.Tensor4D) => runOne<tf.Tensor4D>('UpsampleNearest2x', { x });

/** Nearest-neighbour upsampling by 2: `[batch, height, width, channels]` to `[batch, 2 height, 2 width, channels]`. */
export function upsampleNearest2x(x: tf.Tensor4D): tf.Tensor4D {
  return computedAgain(runUpsample(x), {
    compute: ([kept]) => runUpsample(kept as tf.Tensor4D),
    halfPrecisionOnly: false,
  });
}

/** Bilinear upsampling by 2 with aligned corners: output i reads at position i * (n - 1) / (2 n - 1). */
export function upsampleBilinear2x(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  return tf.image.resizeBilinear(x, [2 * height, 2 * width], true);
}
