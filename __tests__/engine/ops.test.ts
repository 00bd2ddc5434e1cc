import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runOne } from '../../src/engine/fused/composite.js';
import { sumInto } from '../../src/engine/fused/sumInto.js';
import { withHalfPrecision } from '../../src/engine/halfPrecision.js';
import { NativeBackend } from '../../src/engine/native/backend.js';
import { nativeBackend } from '../../src/engine/native/inUse.js';
import {
  type Activation,
  adamaxUpdate,
  batchNormInference,
  batchNormTrain,
  convolveBiased,
  convolveNormalized,
  expansion,
  globalNorm,
  largestMagnitudes,
  moveAverages,
  silu,
  softClamp,
  spectralPenalties,
  squeezeExcite,
  upsampleNearest2x,
  weightNorm,
} from '../../src/engine/ops.js';
import { PackedVariables, packed } from '../../src/engine/packs.js';
import * as tf from '../../src/engine/tf.js';
import {
  gaussianMixtureLogProb,
  gaussianMixtureMean,
} from '../../src/model/distributions/gaussianMixture.js';
import {
  logisticMixtureLogProb,
  logisticMixtureMean,
} from '../../src/model/distributions/logisticMixture.js';
import { testEngine, useTestEngine } from '../support/engine.js';
import { pseudoRandom, relativeError } from '../support/naiveConvolution.mjs';
import { valuesOf } from '../support/valuesOf.js';

useTestEngine();

function tensor(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(pseudoRandom(tf.util.sizeFromShape(shape), seed), shape);
}

type Three<T> = [T, T, T];
type Statistics = ReturnType<typeof statistics>;

/** Statistics of `channels` channels, seeded with `seed` and the three numbers after it. */
function statistics(channels: number, seed: number) {
  const [mean, gamma, beta, signed] = [0, 1, 2, 3].map((i) => tensor([channels], seed + i)) as tf.Tensor1D[];
  const variance: tf.Tensor1D = tf.abs(signed!);
  signed!.dispose();
  return { mean: mean!, variance, gamma: gamma!, beta: beta!, epsilon: 1e-2 };
}

/** Batch norm with given statistics by tfjs' own operation. */
function normalized(x: tf.Tensor, { mean, variance, gamma, beta, epsilon }: Statistics): tf.Tensor4D {
  return tf.batchNorm4d(x as tf.Tensor4D, mean, variance, beta, gamma, epsilon);
}

function double(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape;
  return tf.image.resizeNearestNeighbor(x, [2 * height, 2 * width]);
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

/** The power method in plain differentiable operations. */
function plainSpectralPenalty(weight: tf.Tensor, start: tf.Tensor, inputs: number): tf.Tensor {
  const w = tf.reshape(weight, [start.size, -1]) as tf.Tensor2D;
  const unit = tf.div(start, tf.maximum(tf.sqrt(tf.sum(tf.square(start))), 1e-3));
  const ordered = tf.reshape(tf.transpose(tf.reshape(unit, [inputs, -1])), [start.size, 1]) as tf.Tensor2D;
  const u = tf.matMul(w, tf.matMul(w, ordered, true));
  const v = tf.div(u, tf.maximum(tf.sqrt(tf.sum(tf.square(u))), 1e-3)) as tf.Tensor2D;
  return tf.sum(tf.square(tf.matMul(w, v, true)));
}

/** skip, branch and the weights of two dense layers. */
function plainSqueezeExcite([skip, branch, w1, b1, w2, b2]: tf.Tensor[], weight: number): tf.Tensor {
  const mean = tf.mean(branch!, [1, 2]) as tf.Tensor2D;
  const hidden = tf.relu(tf.add(tf.matMul(mean, w1 as tf.Tensor2D), b1!)) as tf.Tensor2D;
  const factors = tf.sigmoid(tf.add(tf.matMul(hidden, w2 as tf.Tensor2D), b2!));
  const [batch, , , channels] = branch!.shape as [number, number, number, number];
  return tf.add(skip!, tf.mul(tf.mul(branch!, tf.reshape(factors, [batch, 1, 1, channels])), weight));
}

/** 5 tanh(x / 5) in plain differentiable operations. */
const plainClamp = (x: tf.Tensor) => tf.mul(tf.tanh(tf.div(x, 5)), 5);

/** Both mixtures in plain differentiable operations: the parts of raw parameters `[N, 3 k]`, colours `[N, 1]`. */
const plainComponents = {
  logistic: (means: tf.Tensor, scales: tf.Tensor, x: tf.Tensor) => {
    const inverse = tf.exp(tf.neg(tf.maximum(scales, -7)));
    const centred = tf.sub(tf.sub(tf.mul(x, 2), 1), tf.clipByValue(means, -5, 5));
    const lower = tf.sigmoid(tf.mul(inverse, tf.sub(centred, 1 / 255)));
    const upper = tf.sigmoid(tf.mul(inverse, tf.add(centred, 1 / 255)));
    const between = tf.log(tf.maximum(tf.sub(upper, lower), 1e-10));
    // No logarithm of zero, also not where it is not chosen: its gradient would be NaN.
    const log = (value: tf.Tensor) => tf.log(tf.maximum(value, 1e-30));
    const tails = tf.where(tf.less(x, 0.0005), log(upper), between);
    return tf.where(tf.greater(x, 0.995), log(tf.sub(1, lower)), tails);
  },
  gaussian: (means: tf.Tensor, scales: tf.Tensor, x: tf.Tensor) => {
    const sigma = tf.add(tf.exp(plainClamp(scales)), 0.01);
    const squared = tf.square(tf.div(tf.sub(x, plainClamp(means)), sigma));
    return tf.sub(tf.mul(squared, -0.5), tf.add(tf.log(sigma), 0.5 * Math.log(2 * Math.PI)));
  },
};

function plainMixture(kind: keyof typeof plainComponents, parameters: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const [logits, means, scales] = tf.split(parameters, 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const components = plainComponents[kind](means, scales, tf.reshape(x, [-1, 1]));
  const clamped = plainClamp(logits);
  return tf.sub(tf.logSumExp(tf.add(clamped, components), 1), tf.logSumExp(clamped, 1));
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

describe('fused operations', () => {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => expect(tf.memory().numTensors).toBe(before));
  const numRuns = testEngine === 'native' ? 25 : 5;

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

  test.each([1, 3, 20, 48, 100, 257, 600])(
    'batchNormTrain should equal its composition with %i channels in many rows',
    async (channels) => {
      const inputs = [[2, 19, 23, channels], [channels], [channels]].map((shape, i) => tensor(shape, i + 1));
      const worst = await compare(
        (x, gamma, beta) =>
          batchNormTrain(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-3, 'silu').y,
        (x, gamma, beta) => plainBatchNorm(x!, gamma!, beta!, 1e-3, 'silu'),
        inputs,
      );
      tf.dispose(inputs);
      expect(worst).toBeLessThan(1e-4);
    },
  );

  test('batchNormTrain should give the batch mean and the biased variance, also far from zero', async () => {
    const x = tf.tidy(() => tf.add(tensor([8, 16, 16, 5], 1), 1000));
    const [gamma, beta] = [tf.ones([5]), tf.zeros([5])] as [tf.Tensor1D, tf.Tensor1D];
    const { y, mean, variance } = batchNormTrain(x as tf.Tensor4D, gamma, beta, 1e-5, 'none');
    const first = Array.from(await x.data<'float32'>()).filter((_, i) => i % 5 === 0);
    const exact = first.reduce((sum, v) => sum + v, 0) / first.length;
    const spread = first.reduce((sum, v) => sum + (v - exact) ** 2, 0) / first.length;
    expect((await mean.data())[0]).toBeCloseTo(exact, 3);
    expect((await variance.data())[0]).toBeCloseTo(spread, 3);
    tf.dispose([x, gamma, beta, y, mean, variance]);
  });

  test('batchNormInference should use the statistics that it is given', async () => {
    const inputs = [
      tensor([2, 3, 3, 6], 1),
      tensor([6], 2),
      tf.tidy(() => tf.abs(tensor([6], 3))),
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

  test('squeezeExcite should equal its composition', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 20 }), async (shape, hidden) => {
        const channels = shape[3];
        const shapes = [shape, shape, [channels, hidden], [hidden], [hidden, channels], [channels]];
        const inputs = shapes.map((each, i) => tensor(each, i + 1));
        const worst = await compare(
          (skip, branch, w1, b1, w2, b2) =>
            squeezeExcite(
              skip as tf.Tensor4D,
              branch as tf.Tensor4D,
              { w1: w1!, b1: b1!, w2: w2!, b2: b2! },
              0.3,
            ),
          (...xs) => plainSqueezeExcite(xs, 0.3),
          inputs,
        );
        tf.dispose(inputs);
        expect(worst).toBeLessThan(1e-4);
      }),
      { numRuns },
    );
  });

  test('softClamp should equal its composition', async () => {
    const x = tf.tidy(() => tf.mul(tensor([3, 5, 7, 11], 1), 8));
    expect(
      await compare(
        (a) => softClamp(a!),
        (a) => plainClamp(a!),
        [x],
      ),
    ).toBeLessThan(1e-5);
    x.dispose();
  });

  test('spectralPenalties should equal the sum of their compositions, also for large weights', async () => {
    const shape = fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 70 }),
    );
    const check = async (shapes: [number, number, number][]) => {
      const weights = shapes.map(([kernel, inputs, outputs], i) =>
        tensor([kernel, kernel, inputs, outputs], i + 1),
      );
      const layers = shapes.map(([kernel, inputs], i) => ({
        start: pseudoRandom(inputs * kernel * kernel, i + 20),
        inputs,
      }));
      const worst = await compare(
        (...ws) => spectralPenalties(ws.map((weight, i) => ({ weight, ...layers[i]! }))),
        (...ws) => {
          const terms = ws.map((weight, i) => {
            const { start, inputs } = layers[i]!;
            return plainSpectralPenalty(weight, tf.tensor1d(start), inputs);
          });
          return tf.addN(terms);
        },
        weights,
      );
      tf.dispose(weights);
      expect(worst).toBeLessThan(1e-4);
    };
    const some = fc.tuple(
      shape,
      shape,
      fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 5 }),
    );
    await fc.assert(
      // In any order, and of one shape more than once.
      fc.asyncProperty(some, ([one, other, order]) =>
        check(order.map((which) => (which === 0 ? one : other))),
      ),
      { numRuns },
    );
    // Depthwise ones of a hundred channels, which look alike as matrices.
    await check([
      [1, 9, 100],
      [3, 1, 100],
      [1, 9, 100],
    ]);
    if (testEngine === 'native') await check([[3, 140, 130]]);
  });

  test('spectralPenalties should hold the norm of tiny weights, and be 0 for those of zeros', async () => {
    const start = pseudoRandom(9, 2);
    const penalty = (weight: tf.Tensor) => spectralPenalties([{ weight, start, inputs: 3 }]);
    const weight = tf.tidy(() => tf.mul(tensor([9, 5], 1), 1e-4));
    const worst = await compare(
      (w) => penalty(w!),
      (w) => plainSpectralPenalty(w!, tf.tensor1d(start), 3),
      [weight],
    );
    expect(worst).toBeLessThan(1e-4);
    const ofZeros = await valuesOf(() => {
      const { value, grad } = tf.valueAndGrad(penalty)(tf.zeros([9, 5]));
      return [value, grad];
    });
    expect(ofZeros.flat()).toEqual(new Array(46).fill(0));
    tf.dispose(weight);
  });

  test('weightNorm should equal its composition', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (shape) => {
        const inputs = [tensor(shape, 1), tensor([shape[3]], 2)];
        const worst = await compare(
          (v, g) => weightNorm(v!, g!),
          (v, g) => tf.mul(v!, tf.div(g!, tf.sqrt(tf.sum(tf.square(v!), [0, 1, 2])))),
          inputs,
        );
        tf.dispose(inputs);
        expect(worst).toBeLessThan(1e-4);
      }),
      { numRuns },
    );
  });

  test.each([1, 2] as const)('convolveBiased should equal its composition at stride %s', async (stride) => {
    const kernels = fc.constantFrom(1, 3, 5);
    await fc.assert(
      fc.asyncProperty(sizes, kernels, fc.integer({ min: 1, max: 40 }), async (shape, kernel, outputs) => {
        const inputs = [
          tensor(shape, 1),
          tensor([kernel, kernel, shape[3], outputs], 2),
          tensor([outputs], 3),
        ];
        const worst = await compare(
          (x, filter, bias) => convolveBiased(x as tf.Tensor4D, filter!, bias!, { stride }),
          (x, filter, bias) =>
            tf.add(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, (kernel - 1) / 2), bias!),
          inputs,
        );
        tf.dispose(inputs);
        expect(worst).toBeLessThan(1e-4);
      }),
      { numRuns },
    );
  });

  test.each(['silu', 'none'] as const)(
    'convolutions with a norm behind them should equal their composition (%s)',
    async (activation) => {
      const kernels = fc.constantFrom(1, 3, 5);
      await fc.assert(
        fc.asyncProperty(sizes, kernels, fc.integer({ min: 1, max: 70 }), async (shape, kernel, outputs) => {
          const x = tensor(shape, 1) as tf.Tensor4D;
          const filter = tensor([kernel, kernel, shape[3], outputs], 2) as tf.Tensor4D;
          const bias = tensor([outputs], 3);
          const norm = statistics(outputs, 4);
          const actual = convolveNormalized(x, filter, { bias, norm, activation });
          const expected = tf.tidy(() => {
            const y = normalized(tf.add(tf.conv2d(x, filter, 1, (kernel - 1) / 2), bias), norm);
            return activation === 'silu' ? tf.mul(y, tf.sigmoid(y)) : y;
          });
          expect(relativeError(await actual.data(), await expected.data())).toBeLessThan(1e-4);
          tf.dispose([x, filter, bias, norm, actual, expected]);
        }),
        { numRuns },
      );
    },
  );

  test.each([false, true])('expansion should equal its composition (upsampling: %s)', async (upsample) => {
    const shapes = fc.record({
      // one image in pieces, several images in a piece, and all between
      sides: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
      batch: fc.integer({ min: 1, max: 10 }),
      inputs: fc.integer({ min: 1, max: 150 }),
      hidden: fc.integer({ min: 1, max: 300 }),
      outputs: fc.integer({ min: 1, max: 70 }),
      kernel: fc.constantFrom(1, 3, 5, 7),
    });
    const light = shapes.filter(({ sides: [height, width], batch, inputs, hidden, outputs }) => {
      const work = height * width * batch * hidden * (inputs + outputs);
      return work < (testEngine === 'native' ? 3e7 : 1e6);
    });
    await fc.assert(
      fc.asyncProperty(light, async ({ sides, batch, inputs, hidden, outputs, kernel }) => {
        const x = tensor([batch, ...sides, inputs], 1) as tf.Tensor4D;
        const filters = [
          [1, 1, inputs, hidden],
          [kernel, kernel, hidden, 1],
          [1, 1, hidden, outputs],
        ].map((shape, i) => tensor(shape, 2 + i)) as Three<tf.Tensor4D>;
        const norms = [inputs, hidden, hidden, outputs].map((count, i) => statistics(count, 5 + 4 * i));
        const [before, ...after] = norms as [Statistics, ...Three<Statistics>];
        const [expand, spatial, reduce] = filters.map((filter, i) => ({ filter, norm: after[i]! }));
        const layers = { before, expand: expand!, spatial: spatial!, reduce: reduce!, upsample };
        // round: of the factors in 1x1 convolutions
        const composition = (round: (factor: tf.Tensor) => tf.Tensor) => {
          const swish = (y: tf.Tensor4D) => tf.mul<tf.Tensor4D>(y, tf.sigmoid(y));
          const convolved = (
            y: tf.Tensor,
            filter: tf.Tensor,
            { mean, variance, gamma, beta, epsilon }: Statistics,
          ) => {
            const scale = tf.div(gamma, tf.sqrt(tf.add(variance, epsilon)));
            const product = tf.conv2d(
              round(y) as tf.Tensor4D,
              round(tf.mul(filter, scale)) as tf.Tensor4D,
              1,
              0,
            );
            return tf.add<tf.Tensor4D>(product, tf.sub(beta, tf.mul(mean, scale)));
          };
          const [first, second, third] = filters;
          const expanded = swish(convolved(normalized(x, before), first, after[0]));
          const large = upsample ? double(expanded) : expanded;
          const filtered = tf.depthwiseConv2d(large, second, 1, (kernel - 1) / 2);
          return convolved(swish(normalized(filtered, after[1])), third, after[2]);
        };
        const actual = expansion(x, layers);
        const expected = tf.tidy(() => composition((factor) => factor));
        expect(actual.shape).toEqual(expected.shape);
        expect(relativeError(await actual.data(), await expected.data())).toBeLessThan(1e-4);
        if (nativeBackend()?.addon.halfProducts()) {
          const half = withHalfPrecision(true, () => expansion(x, layers));
          const rounded = tf.tidy(() => composition((factor) => runOne('RoundToBfloat16', { x: factor })));
          expect(relativeError(await half.data(), await rounded.data())).toBeLessThan(1e-2);
          tf.dispose([half, rounded]);
        }
        tf.dispose([x, actual, expected, ...filters, ...norms]);
      }),
      { numRuns },
    );
  });

  test('largestMagnitudes should add up the largest of each, which share its gradient', async () => {
    const before = tf.memory().numTensors;
    const found = await valuesOf(() => {
      const xs = [[1, -7, 2], [2, -2, 1], [1, 1], [-3]].map((values) => tf.tensor1d(values));
      const gradients = tf.grads((...each: tf.Tensor[]) => tf.mul(largestMagnitudes(each), 3))(xs);
      const broken = [tf.tensor1d([1, Number.NaN, 2]), tf.tensor1d([1, 2, 3])];
      return [largestMagnitudes(xs), ...gradients, largestMagnitudes(broken)];
    });
    expect(found).toEqual([[13], [0, -3, 0], [1.5, -1.5, 0], [1.5, 1.5], [-3], [Number.NaN]]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(['logistic', 'gaussian'] as const)(
    'the mean of a %s mixture should equal its composition',
    async (kind) => {
      const shapes = fc.tuple(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 35 }));
      await fc.assert(
        fc.asyncProperty(shapes, async ([rows, k]) => {
          const parameters = tf.tidy(() => tf.mul(tensor([rows, 3 * k], 1), 9));
          const fused = kind === 'logistic' ? logisticMixtureMean : gaussianMixtureMean;
          const clamp = (x: tf.Tensor) => tf.mul(tf.tanh(tf.div(x, 5)), 5);
          const meanOf = (x: tf.Tensor) =>
            kind === 'gaussian' ? clamp(x) : tf.div(tf.add(tf.clipByValue(x, -5, 5), 1), 2);
          const worst = await compare(
            (p) => fused(p as tf.Tensor2D),
            (p) => {
              const powers = tf.exp(clamp(tf.slice(p!, [0, 0], [rows, k])));
              const weighted = tf.mul(powers, meanOf(tf.slice(p!, [0, k], [rows, k])));
              return tf.div(tf.sum(weighted, 1), tf.sum(powers, 1));
            },
            [parameters],
          );
          parameters.dispose();
          expect(worst).toBeLessThan(1e-5);
        }),
        { numRuns },
      );
    },
  );

  test.each(['logistic', 'gaussian'] as const)(
    'the log probability of a %s mixture should equal its composition',
    async (kind) => {
      const shapes = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 35 }));
      await fc.assert(
        fc.asyncProperty(shapes, async ([rows, k]) => {
          const parameters = tf.tidy(() => tf.mul(tensor([rows, 3 * k], 1), 2));
          const x = tf.tidy(() => {
            const colours = tf.clipByValue(tf.add(tf.mul(tensor([rows], 2), 0.6), 0.5), 0, 1);
            return tf.div(tf.round(tf.mul(colours, 255)), 255) as tf.Tensor1D;
          });
          const fused = kind === 'logistic' ? logisticMixtureLogProb : gaussianMixtureLogProb;
          const worst = await compare(
            (p) => fused(p as tf.Tensor2D, x),
            (p) => plainMixture(kind, p!, x),
            [parameters],
          );
          tf.dispose([parameters, x]);
          // The plain difference of two distribution functions loses digits that the fused one keeps.
          expect(worst).toBeLessThan(kind === 'logistic' ? 5e-3 : 2e-4);
        }),
        { numRuns },
      );
    },
  );

  test('a logistic mixture should stay finite far from its means, where the plain difference rounds to nothing', async () => {
    const [value, gradient] = await valuesOf(() => {
      const parameters = tf.tensor2d([[0, 4.9, -6]]);
      const logProb = (p: tf.Tensor) => logisticMixtureLogProb(p as tf.Tensor2D, tf.tensor1d([0.1]));
      return [logProb(parameters), tf.grad(logProb)(parameters)];
    });
    expect(value![0]).toBeCloseTo(Math.log(1e-10), 3);
    expect(gradient!.every(Number.isFinite)).toBe(true);
  });

  test('sumInto should leave the first term, and the second where others use its data', async () => {
    const [a, b] = [tensor([5, 7], 1), tensor([5, 7], 2)];
    const [first, second] = [await a.data(), (await b.data()).slice()];
    const sum = Float32Array.from(first, (value, i) => value + second[i]!);
    const other = tf.clone(b);
    const apart = sumInto(a, other);
    expect(apart).not.toBe(other);
    expect([...(await b.data())]).toEqual([...second]);
    other.dispose();
    const into = sumInto(a, b);
    expect(into === b).toBe(testEngine === 'native');
    for (const each of [apart, into]) expect([...(await each.data())]).toEqual([...sum]);
    expect([...(await a.data())]).toEqual([...first]);
    tf.dispose([a, b, apart, into]);
  });

  test('globalNorm should be the length of all together', async () => {
    const tensors = [tensor([3, 4], 1), tensor([40_000], 2), tensor([1], 3)];
    const all = await Promise.all(tensors.map((each) => each.data()));
    const squares = all.flatMap((values) => [...values]).reduce((sum, value) => sum + value ** 2, 0);
    const norm = globalNorm(tensors);
    expect((await norm.data())[0]! / Math.sqrt(squares)).toBeCloseTo(1, 5);
    tf.dispose([...tensors, norm]);
  });

  test('moveAverages should move each by its weight, and no further down than its floor', async () => {
    const before = tf.memory().numTensors;
    const averages = [[1, 1], [0.02], [0.5]].map((values) => tf.tidy(() => tf.variable(tf.tensor1d(values))));
    const values = [[3, 0], [0], [0]].map((each) => tf.tensor1d(each));
    const numbers = async () =>
      (await Promise.all(averages.map((each) => each.data()))).map((each) => [...each]);
    moveAverages(averages, values, { weight: 0.25, factor: 2 });
    expect(await numbers()).toEqual([[2.25, 0.75], [expect.closeTo(0.015)], [0.375]]);
    moveAverages(averages, values, { weight: 0.5, floor: 0.2 });
    expect(await numbers()).toEqual([[2.625, 0.375], [expect.closeTo(0.015)], [expect.closeTo(0.2)]]);
    moveAverages([], [], { weight: 0.5 });
    tf.dispose([...averages, ...values]);
    expect(tf.memory().numTensors).toBe(before);
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
    const variables = start.map((values) => tf.tidy(() => tf.variable(tf.tensor1d(values.slice()))));
    const [parameter, gradient, momentum, maximum] = variables as [
      tf.Variable,
      tf.Variable,
      tf.Variable,
      tf.Variable,
    ];
    const pack = { members: [0], shapes: [[1000]] };
    const parameters = new PackedVariables(pack, [parameter]);
    adamaxUpdate({ parameters, gradient, momentum, maximum }, options);
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

  test.each([1, 3, 7, 8, 9, 15, 17, 33, 1000, 4097])(
    'adamaxUpdate should average %d parameters as a loop in double precision does, and change nothing else',
    async (length) => {
      const before = tf.memory().numTensors;
      const options = { learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weightDecay: 3e-4 };
      const weights = [0.9, 0.5, 1e-3];
      const start = [1, 2, 3, 4, 5].map((seed) => pseudoRandom(length, seed));
      const backend = tf.backend();
      const sets = backend instanceof NativeBackend ? backend.addon.instructionSets() : [null];
      const chosen = backend instanceof NativeBackend ? backend.addon.simd() : null;
      try {
        for (const set of sets) {
          if (set !== null && backend instanceof NativeBackend) backend.addon.setSimd(set);
          const [plain, all] = [start.slice(0, 4), start].map((values) =>
            values.map((each) => tf.tidy(() => tf.variable(tf.tensor1d(each.slice())))),
          ) as [tf.Variable[], tf.Variable[]];
          const update = (
            [parameter, gradient, momentum, maximum, average]: tf.Variable[],
            weight: number,
          ) => {
            const parameters = new PackedVariables({ members: [0], shapes: [[length]] }, [parameter!]);
            const tensors = {
              parameters,
              gradient: gradient!,
              momentum: momentum!,
              maximum: maximum!,
              average,
            };
            adamaxUpdate(tensors, { ...options, gradientScale: 0.5, averageWeight: weight });
          };
          const expected = Float64Array.from(start[4]!);
          for (const weight of weights) {
            update(plain, 0);
            update(all, weight);
            (await all[0]!.data()).forEach((value, i) => {
              expected[i] = (1 - weight) * expected[i]! + weight * value;
            });
          }
          expect(relativeError(await all[4]!.data(), Float32Array.from(expected))).toBeLessThan(1e-6);
          for (const [i, tensor] of plain.entries()) {
            expect(await all[i]!.data()).toEqual(await tensor.data());
          }
          tf.dispose([plain, all]);
        }
      } finally {
        if (chosen !== null && backend instanceof NativeBackend) backend.addon.setSimd(chosen);
      }
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  test('adamaxUpdate should do to a pack what it does to each of its members', async () => {
    const before = tf.memory().numTensors;
    const shapes = [[7], [2, 3], [], [3, 1, 2, 2]];
    const options = { learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weightDecay: 0 };
    const together = { members: [3, 0, 2], shapes: [shapes[3]!, shapes[0]!, shapes[2]!] };
    const results: number[][][] = [];
    for (const packs of [[together], together.members.map((i) => ({ members: [i], shapes: [shapes[i]!] }))]) {
      const variable = (seed: number) => (shape: number[], i: number) =>
        tf.tidy(() => tf.variable(tensor(shape, seed + i)));
      const [parameters, gradients, momenta, maxima, averages] = [10, 20, 30, 40, 60].map((seed) =>
        shapes.map(variable(seed)),
      );
      const averaged: number[][] = [];
      for (const pack of packs) {
        const [gradient, momentum, maximum, average] = [gradients!, momenta!, maxima!, averages!].map(
          (tensors) => tf.tidy(() => tf.variable(tf.mul(packed(pack, tensors), 1))),
        ) as [tf.Variable, tf.Variable, tf.Variable, tf.Variable];
        const moved = new PackedVariables(pack, parameters!);
        const state = { parameters: moved, gradient, momentum, maximum, average };
        const averageWeight = 0.1;
        for (const gradientScale of [1, 0.5])
          adamaxUpdate(state, { ...options, gradientScale, averageWeight });
        // Somebody else changes a parameter.
        if (pack.members.includes(0)) tf.tidy(() => parameters![0]!.assign(tensor([7], 50)));
        adamaxUpdate(state, { ...options, gradientScale: 1, averageWeight });
        averaged.push([...(await average.data())]);
        moved.dispose();
        tf.dispose([gradient, momentum, maximum, average]);
      }
      results.push([averaged.flat()]);
      results.push(await Promise.all(parameters!.map(async (each) => [...(await each.data())])));
      tf.dispose([parameters!, gradients!, momenta!, maxima!, averages!].flat());
    }
    const [averageOfPack, ofPack, averageOfMembers, ofMembers] = results as [
      number[][],
      number[][],
      number[][],
      number[][],
    ];
    expect(relativeError(averageOfPack[0]!, averageOfMembers[0]!)).toBeLessThan(1e-6);
    for (const [i, values] of ofPack.entries()) {
      expect(relativeError(values, ofMembers[i]!)).toBeLessThan(1e-6);
    }
    expect(relativeError(ofPack[1]!, pseudoRandom(6, 11))).toBe(0);
    expect(tf.memory().numTensors).toBe(before);
  });
});
