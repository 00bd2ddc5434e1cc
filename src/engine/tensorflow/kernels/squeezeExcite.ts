/** The end of a residual cell. Names are as in fused/squeezeExcite.ts. */
import * as tf from '../../tf.js';
import { flag } from './attributes.js';
import { type Execute, tensorflowKernel } from './kernel.js';

const overPixels = () => tf.tensor1d([1, 2], 'int32');

function dense(x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, activation: string, { one }: Execute): tf.Tensor {
  return one(activation, [one('BiasAdd', [one('MatMul', [x, w]), b])]);
}

/** Reshapes `[batch, channels]` to a factor for every pixel. */
function forPixels(factors: tf.Tensor): tf.Tensor {
  const [batch, channels] = factors.shape as [number, number];
  return tf.reshape(factors, [batch, 1, 1, channels]);
}

export const squeezeExciteKernels: readonly tf.KernelConfig[] = [
  tensorflowKernel('SqueezeExcite', (inputs, { weight }, execute) => {
    const { skip, branch, w1, b1, w2, b2 } = inputs as Record<string, tf.Tensor>;
    const { one } = execute;
    const means = one('Mean', [branch!, overPixels()]);
    const hidden = dense(means, w1!, b1!, 'Relu', execute);
    const factors = dense(hidden, w2!, b2!, 'Sigmoid', execute);
    const scale = forPixels(tf.mul(factors, weight as number));
    return [one('AddV2', [skip!, one('Mul', [branch!, scale])]), means, hidden, factors, scale];
  }),

  tensorflowKernel('SqueezeExciteGrad', (inputs, { weight }, execute) => {
    const { dy, branch, w1, w2, means, hidden, factors, scale } = inputs as Record<string, tf.Tensor>;
    const { backend, one } = execute;
    const transposed = (which: 'transpose_a' | 'transpose_b') => [flag(backend, which, true)];
    const [, height, width] = branch!.shape as [number, number, number];
    const dfactors = one('Sum', [one('Mul', [dy!, branch!]), overPixels()]);
    const d2 = one('SigmoidGrad', [factors!, tf.mul(dfactors, weight as number)]);
    const dhidden = one('MatMul', [d2, w2!], transposed('transpose_b'));
    const d1 = one('ReluGrad', [dhidden, hidden!]);
    const dmeans = tf.mul(one('MatMul', [d1, w1!], transposed('transpose_b')), 1 / (height * width));
    const dbranch = one('AddV2', [one('Mul', [dy!, scale!]), forPixels(dmeans)]);
    return [
      dbranch,
      one('MatMul', [means!, d1], transposed('transpose_a')),
      one('BiasAddGrad', [d1]),
      one('MatMul', [hidden!, d2], transposed('transpose_a')),
      one('BiasAddGrad', [d2]),
    ];
  }),
];
