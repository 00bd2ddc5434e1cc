/** The end of a residual cell: squeeze-excitation and the sum with the skip. Forward and backward are one kernel each. */
import * as tf from '../tf.js';
import { type Attributes, type CompositeKernel, type Inputs, runMany } from './composite.js';
import { differentiated } from './differentiated.js';

/** Two dense layers: w1 `[channels, hidden]`, b1 `[hidden]`, w2 `[hidden, channels]`, b2 `[channels]`. */
export interface ExciteWeights {
  readonly w1: tf.Tensor;
  readonly b1: tf.Tensor;
  readonly w2: tf.Tensor;
  readonly b2: tf.Tensor;
}

function excite({ skip, branch, w1, b1, w2, b2 }: Inputs, { weight }: Attributes): tf.Tensor[] {
  const [batch, height, width, channels] = branch!.shape as [number, number, number, number];
  // The gradient of tf.mean would divide a tensor of the branch's size; here the division is over [batch, channels] only.
  const means = tf.mul(tf.sum(branch!, [1, 2]), 1 / (height * width));
  const hidden = tf.relu(tf.add(tf.matMul(means as tf.Tensor2D, w1 as tf.Tensor2D), b1!));
  const factors = tf.sigmoid(tf.add(tf.matMul(hidden as tf.Tensor2D, w2 as tf.Tensor2D), b2!));
  const scale = tf.reshape(tf.mul(factors, weight as number), [batch, 1, 1, channels]);
  return [tf.add(skip!, tf.mul(branch!, scale)), means, hidden, factors, scale];
}

const differentiable = ['branch', 'w1', 'b1', 'w2', 'b2'];

export const squeezeExciteKernels: CompositeKernel[] = [
  { name: 'SqueezeExcite', body: excite },
  {
    name: 'SqueezeExciteGrad',
    body: ({ dy, ...inputs }, attributes) =>
      differentiated(
        (given, same) => excite({ ...given, skip: tf.zerosLike(dy!) }, same)[0]!,
        differentiable,
      )({ dy: dy!, ...inputs }, attributes),
  },
];

tf.registerGradient({
  kernelName: 'SqueezeExcite',
  inputsToSave: differentiable,
  // The native engine does not return the last one, weight * factors.
  outputsToSave: [false, true, true, true, true],
  gradFunc: (dys, saved, attributes) => {
    const [dy] = dys as tf.Tensor[];
    const names = [...differentiable, 'means', 'hidden', 'factors', 'scale'];
    const inputs = Object.fromEntries(saved.map((tensor, i) => [names[i] ?? '', tensor]));
    const gradients = runMany('SqueezeExciteGrad', { dy: dy!, ...inputs }, attributes);
    return {
      skip: () => dy!,
      ...Object.fromEntries(differentiable.map((name, i) => [name, () => gradients[i]!])),
    };
  },
});

/**
 * skip + weight * branch * factors, with one factor per image and channel:
 * sigmoid(relu(mean over height and width of the branch * w1 + b1) * w2 + b2).
 * skip and branch are `[batch, height, width, channels]`; differentiable in all but the number `weight`.
 */
export function squeezeExcite(
  skip: tf.Tensor4D,
  branch: tf.Tensor4D,
  weights: ExciteWeights,
  weight: number,
): tf.Tensor4D {
  return runMany('SqueezeExcite', { skip, branch, ...weights }, { weight })[0] as tf.Tensor4D;
}
