import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { useEngine } from '../../src/engine/index.js';
import {
  type Activation,
  adamaxUpdate,
  batchNormInference,
  batchNormTrain,
  silu,
  upsampleNearest2x,
} from '../../src/engine/ops.js';
import * as tf from '../../src/engine/tf.js';
import { pseudoRandom, relativeError } from '../support/naiveConvolution.mjs';

function tensor(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(pseudoRandom(tf.util.sizeFromShape(shape), seed), shape);
}

/** Batch norm in plain differentiable operations. */
function plainBatchNorm(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
  activation: Activation,
) {
  const mean = tf.mean(x, [0, 1, 2]);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), [0, 1, 2]);
  const y = tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))), gamma), beta);
  return activation === 'silu' ? tf.mul(y, tf.sigmoid(y)) : y;
}

/** Value and gradients of both functions, weighted so that every element counts differently. */
async function compare(
  fused: (...inputs: tf.Tensor[]) => tf.Tensor,
  plain: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
): Promise<number> {
  const before = tf.memory().numTensors;
  const all = (f: typeof fused) =>
    tf.tidy(() => {
      const value = f(...inputs);
      const weights = tensor(value.shape, 99);
      return [value, ...tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.mul(f(...xs), weights)))(inputs)];
    });
  const [actual, expected] = [all(fused), all(plain)];
  let worst = 0;
  for (const [i, tensorOf] of actual.entries()) {
    worst = Math.max(worst, relativeError(await tensorOf.data(), await expected[i]!.data()));
  }
  tf.dispose([...actual, ...expected]);
  expect(tf.memory().numTensors).toBe(before);
  return worst;
}

const sizes = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 2, max: 7 }),
  fc.integer({ min: 2, max: 7 }),
  fc.integer({ min: 1, max: 40 }),
);

describe.each(['native', 'cpu'])('fused operations on %s', (engine) => {
  beforeAll(async () => {
    await useEngine(engine);
  });
  const numRuns = engine === 'native' ? 25 : 5;

  test.each<Activation>(['none', 'silu'])(
    'batchNormTrain (%s) should equal its composition',
    async (activation) => {
      await fc.assert(
        fc.asyncProperty(sizes, async (shape) => {
          const channels = [shape[3]];
          const inputs = [tensor(shape, 1), tensor(channels, 2), tensor(channels, 3)];
          const worst = await compare(
            (x, gamma, beta) =>
              batchNormTrain(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-3, activation).y,
            (x, gamma, beta) => plainBatchNorm(x!, gamma!, beta!, 1e-3, activation),
            inputs,
          );
          tf.dispose(inputs);
          expect(worst).toBeLessThan(1e-4);
        }),
        { numRuns },
      );
    },
  );

  test('batchNormTrain should give the batch mean and the biased variance, also far from zero', async () => {
    const x = tf.tidy(() => tf.add(tensor([8, 16, 16, 5], 1), 1000));
    const { y, mean, variance } = batchNormTrain(
      x as tf.Tensor4D,
      tf.ones([5]) as tf.Tensor1D,
      tf.zeros([5]) as tf.Tensor1D,
      1e-5,
      'none',
    );
    const first = Array.from(await x.data<'float32'>()).filter((_, i) => i % 5 === 0);
    const exact = first.reduce((sum, v) => sum + v, 0) / first.length;
    const spread = first.reduce((sum, v) => sum + (v - exact) ** 2, 0) / first.length;
    expect((await mean.data())[0]).toBeCloseTo(exact, 3);
    expect((await variance.data())[0]).toBeCloseTo(spread, 3);
    tf.dispose([x, y, mean, variance]);
  });

  test('batchNormInference should use the statistics that it is given', async () => {
    const inputs = [
      tensor([2, 3, 3, 6], 1),
      tensor([6], 2),
      tf.abs(tensor([6], 3)),
      tensor([6], 4),
      tensor([6], 5),
    ];
    const [x, mean, variance, gamma, beta] = inputs as [tf.Tensor4D, ...tf.Tensor1D[]];
    const actual = batchNormInference(x, mean!, variance!, gamma!, beta!, 1e-2, 'none');
    const expected = tf.batchNorm4d(x, mean!, variance!, beta!, gamma!, 1e-2);
    expect(relativeError(await actual.data(), await expected.data())).toBeLessThan(1e-5);
    tf.dispose([...inputs, actual, expected]);
  });

  test('silu should equal its composition', async () => {
    const x = tensor([3, 5, 7, 11], 1);
    expect(
      await compare(
        (a) => silu(a!),
        (a) => tf.mul(a!, tf.sigmoid(a!)),
        [x],
      ),
    ).toBeLessThan(2e-6);
    x.dispose();
  });

  test('upsampleNearest2x should repeat every pixel, and add up in the gradient', async () => {
    const x = tensor([3, 2, 4, 5], 1);
    const plain = (a: tf.Tensor) => {
      const rows = tf.stack([a, a], 2); // [3, 2, 2, 4, 5]
      return tf.reshape(tf.stack([rows, rows], 4), [3, 4, 8, 5]);
    };
    expect(
      await compare(
        (a) => upsampleNearest2x(a as tf.Tensor4D),
        (a) => plain(a!),
        [x],
      ),
    ).toBeLessThan(2e-6);
    x.dispose();
  });

  test('adamaxUpdate should follow the formula', async () => {
    const options = {
      learningRate: 0.02,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-3,
      weightDecay: 3e-4,
      gradientScale: 0.5,
    };
    const start = [1, 2, 3, 4].map((seed) => pseudoRandom(1000, seed));
    const variables = start.map((values) => tf.variable(tf.tensor1d(values.slice())));
    const [parameter, gradient, momentum, maximum] = variables as [
      tf.Variable,
      tf.Variable,
      tf.Variable,
      tf.Variable,
    ];
    adamaxUpdate({ parameter, gradient, momentum, maximum }, options);
    const [p, g, m, u] = start as [Float32Array, Float32Array, Float32Array, Float32Array];
    const expected = p.map((value, i) => {
      const slope = 0.5 * g[i]! + 3e-4 * value;
      const mean = 0.9 * m[i]! + 0.1 * slope;
      const size = Math.max(0.999 * u[i]!, Math.abs(slope) + 1e-3);
      return value - (0.02 * mean) / size;
    });
    expect(relativeError(await parameter.data(), expected)).toBeLessThan(1e-5);
    expect([...(await gradient.data())]).toEqual([...g]);
    tf.dispose(variables);
  });
});
