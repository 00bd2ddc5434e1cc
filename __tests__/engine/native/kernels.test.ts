import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { useEngine } from '../../../src/engine/index.js';
import * as tf from '../../../src/engine/tf.js';
import { pseudoRandom, relativeError } from '../../support/naiveConvolution.mjs';

beforeAll(async () => {
  await useEngine('native');
});

const extremes = [0, -0, 1e-30, -1e-30, 1e-7, 0.3, -0.3, 20, -20, 80, -80, 100, -100, 1e30, -1e30];
const nonFinite = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

const unary: [string, (x: tf.Tensor) => tf.Tensor, (x: number) => number, 'any' | 'positive'][] = [
  ['neg', tf.neg, (x) => -x, 'any'],
  ['abs', tf.abs, Math.abs, 'any'],
  ['square', tf.square, (x) => x * x, 'any'],
  ['exp', tf.exp, Math.exp, 'any'],
  ['expm1', tf.expm1, Math.expm1, 'any'],
  ['log', tf.log, Math.log, 'positive'],
  ['log1p', tf.log1p, Math.log1p, 'positive'],
  ['sqrt', tf.sqrt, Math.sqrt, 'positive'],
  ['rsqrt', tf.rsqrt, (x) => 1 / Math.sqrt(x), 'positive'],
  ['reciprocal', tf.reciprocal, (x) => 1 / x, 'any'],
  ['sigmoid', tf.sigmoid, (x) => 1 / (1 + Math.exp(-x)), 'any'],
  ['tanh', tf.tanh, Math.tanh, 'any'],
  ['softplus', tf.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), 'any'],
  ['relu', tf.relu, (x) => Math.max(x, 0), 'any'],
  ['elu', tf.elu, (x) => (x < 0 ? Math.expm1(x) : x), 'any'],
  ['step', (x) => tf.step(x, 0.5), (x) => (x > 0 ? 1 : Number.isNaN(x) ? x : 0.5), 'any'],
  ['clipByValue', (x) => tf.clipByValue(x, -0.4, 0.6), (x) => (x < -0.4 ? -0.4 : Math.min(x, 0.6)), 'any'],
];

describe('element-wise kernels', () => {
  test.each(unary)(
    '%s should equal Math to a few units in the last place',
    async (_name, operation, math, domain) => {
      const given = [...pseudoRandom(40_000, 3)].map((x) => x * 12).concat(extremes);
      const x = Float32Array.from(domain === 'positive' ? given.map(Math.abs) : given);
      const y = tf.tidy(() => operation(tf.tensor1d(x)));
      const values = await y.data();
      y.dispose();
      x.forEach((input, i) => {
        const expected = Math.fround(math(input));
        const tiny = Math.abs(expected) < 1.2e-38; // denormals may be flushed
        const error = Math.abs(values[i]! - expected) / (Math.abs(expected) || 1);
        const equal = Object.is(values[i]! + 0, expected + 0);
        if (!(equal || error < 6e-7 || (tiny && Math.abs(values[i]!) < 1.2e-38))) {
          throw new Error(`expected ${expected} for ${input}, got ${values[i]}`);
        }
      });
    },
  );

  test.each(unary)(
    '%s should give for infinity and NaN what Math gives',
    async (_name, operation, math, domain) => {
      const inputs = domain === 'positive' ? [Number.POSITIVE_INFINITY, Number.NaN, -1] : nonFinite;
      const x = Float32Array.from(inputs);
      const y = tf.tidy(() => operation(tf.tensor1d(x)));
      const values = [...(await y.data())];
      y.dispose();
      expect(values.map((v) => v + 0)).toEqual(inputs.map((input) => Math.fround(math(input)) + 0));
    },
  );
});

/** Runs the same expression on the native engine and on tfjs' plain one. */
async function onBoth(expression: () => tf.Tensor): Promise<[Float32Array, Float32Array, number[]]> {
  const native = tf.tidy(expression);
  const actual = Float32Array.from(await native.data());
  const { shape } = native;
  native.dispose();
  await useEngine('cpu');
  const plain = tf.tidy(expression);
  const expected = Float32Array.from(await plain.data());
  expect(shape).toEqual(plain.shape);
  plain.dispose();
  await useEngine('native');
  return [actual, expected, shape];
}

const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });

function tensor(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(pseudoRandom(tf.util.sizeFromShape(shape), seed), shape);
}

describe('broadcasting', () => {
  const operations = {
    add: tf.add,
    sub: tf.sub,
    mul: tf.mul,
    div: tf.div,
    maximum: tf.maximum,
    minimum: tf.minimum,
    squaredDifference: tf.squaredDifference,
    greater: tf.greater,
    lessEqual: tf.lessEqual,
    equal: tf.equal,
  };

  test.each(Object.entries(operations))(
    '%s should equal the plain kernel for any two shapes',
    async (_name, operation) => {
      await fc.assert(
        fc.asyncProperty(shapes, fc.nat(15), fc.nat(15), fc.nat(3), async (shape, maskA, maskB, cut) => {
          const side = (mask: number) => shape.map((size, d) => ((mask >> d) & 1 ? 1 : size));
          const b = side(maskB).slice(Math.min(cut, shape.length - 1));
          const [actual, expected] = await onBoth(() => operation(tensor(side(maskA), 1), tensor(b, 2)));
          expect(relativeError(actual, expected)).toBeLessThan(1e-6);
        }),
        { numRuns: 25 },
      );
    },
  );

  test('should handle rows longer than one task', async () => {
    const [actual, expected] = await onBoth(() => tf.mul(tensor([2, 70_000], 1), tensor([2, 1], 2)));
    expect(relativeError(actual, expected)).toBeLessThan(1e-6);
  });
});

describe('reductions', () => {
  const operations = { sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: tf.prod };

  test.each(Object.entries(operations))(
    '%s should equal the plain kernel over any axes',
    async (_name, operation) => {
      await fc.assert(
        fc.asyncProperty(shapes, fc.nat(15), fc.boolean(), async (shape, mask, keepDims) => {
          const axes = shape.map((_, d) => d).filter((d) => (mask >> d) & 1);
          const [actual, expected] = await onBoth(() => operation(tensor(shape, 5), axes, keepDims));
          expect(relativeError(actual, expected)).toBeLessThan(2e-6);
        }),
        { numRuns: 25 },
      );
    },
  );

  test('a long sum should be as exact as float32 can hold it', async () => {
    const values = pseudoRandom(1_000_000, 11).map((x) => x + 0.5);
    const exact = values.reduce((sum, x) => sum + x, 0);
    const sum = tf.tidy(() => tf.sum(tf.tensor1d(values)));
    expect(relativeError(await sum.data(), [exact])).toBeLessThan(1e-6);
    sum.dispose();
  });

  test('NaN should not get lost in a maximum', async () => {
    const values = pseudoRandom(500, 1);
    values[123] = Number.NaN;
    const [top, bottom] = tf.tidy(() => [tf.max(tf.tensor1d(values)), tf.min(tf.tensor1d(values))]);
    expect([(await top!.data())[0], (await bottom!.data())[0]]).toEqual([Number.NaN, Number.NaN]);
    tf.dispose([top!, bottom!]);
  });
});

describe('other kernels', () => {
  const x = () => tensor([3, 4, 6, 5], 1);
  const expressions: [string, () => tf.Tensor][] = [
    ['softmax', () => tf.softmax(x())],
    ['logSoftmax', () => tf.logSoftmax(x())],
    ['logSumExp', () => tf.logSumExp(x(), 3)],
    ['concat', () => tf.concat([x(), x(), tensor([3, 4, 2, 5], 2)], 2)],
    ['stack', () => tf.stack([x(), x()], 2)],
    ['split', () => tf.concat(tf.split(x(), [1, 2, 3], 2).reverse(), 2)],
    ['unstack', () => tf.stack(tf.unstack(x(), 1).reverse(), 0)],
    ['slice', () => tf.slice(x(), [1, 0, 2, 1], [2, 3, 4, 3])],
    [
      'pad',
      () =>
        tf.pad(
          x() as tf.Tensor4D,
          [
            [0, 1],
            [2, 0],
            [1, 1],
            [0, 3],
          ],
          7,
        ),
    ],
    ['transpose', () => tf.transpose(x(), [2, 0, 3, 1])],
    ['tile', () => tf.tile(x(), [2, 1, 3, 2])],
    ['reverse', () => tf.reverse(x(), [0, 2])],
    ['where', () => tf.where(tf.greater(x(), 0.2), x(), tf.neg(x()))],
    ['logicalAnd', () => tf.cast(tf.logicalAnd(tf.greater(x(), -0.5), tf.less(x(), 0.5)), 'float32')],
    ['logicalNot', () => tf.cast(tf.logicalNot(tf.greater(x(), 0.1)), 'float32')],
    ['addN', () => tf.addN([x(), x(), x()])],
    ['cast', () => tf.cast(tf.cast(tf.mul(x(), 10), 'int32'), 'float32')],
    ['matMul', () => tf.matMul(tensor([5, 3, 4], 1), tensor([5, 6, 4], 2), false, true)],
    ['avgPool', () => tf.avgPool(x() as tf.Tensor4D, 2, 2, 'valid')],
    ['resizeBilinear', () => tf.image.resizeBilinear(x() as tf.Tensor4D, [8, 12], true)],
    ['resizeBilinear, corners not aligned', () => tf.image.resizeBilinear(x() as tf.Tensor4D, [7, 11])],
    [
      'resizeBilinear gradient',
      () => tf.grad((a) => tf.image.resizeBilinear(a as tf.Tensor4D, [8, 8], true))(tensor([2, 4, 4, 5], 1)),
    ],
    ['elu gradient', () => tf.grad(tf.elu)(x())],
    ['clip gradient', () => tf.grad((a) => tf.clipByValue(a, -0.5, 0.5))(x())],
    ['softplus gradient', () => tf.grad((a) => tf.softplus(a))(x())],
  ];

  test.each(expressions)('%s should equal the plain kernel', async (_name, expression) => {
    const [actual, expected] = await onBoth(expression);
    expect(relativeError(actual, expected)).toBeLessThan(2e-6);
  });

  test('matMul should broadcast over both batches', async () => {
    const [a, b] = [tensor([2, 1, 3, 4], 1), tensor([5, 4, 6], 2)];
    const [actual, expected] = tf.tidy(() => {
      const rows = tf.unstack(tf.reshape(a, [2, 3, 4]));
      const products = rows.map((row) => tf.stack(tf.unstack(b).map((matrix) => tf.matMul(row, matrix))));
      return [tf.matMul(a, b), tf.stack(products)];
    });
    expect(actual!.shape).toEqual([2, 5, 3, 6]);
    expect(relativeError(await actual!.data(), await expected!.data())).toBeLessThan(2e-6);
    tf.dispose([a, b, actual!, expected!]);
  });

  test('the nearest-neighbour gradient should be right for several images', async () => {
    const gradient = tf.tidy(() =>
      tf.grad((a) => tf.sum(tf.image.resizeNearestNeighbor(a as tf.Tensor4D, [8, 12])))(x()),
    );
    expect(new Set(await gradient.data())).toEqual(new Set([4]));
    gradient.dispose();
  });
});
