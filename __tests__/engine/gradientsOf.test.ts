import { describe, expect, test } from '@jest/globals';
import { gradientsOf } from '../../src/engine/gradients/gradientsOf.js';
import { batchNormTrain, silu, upsampleNearest2x } from '../../src/engine/ops.js';
import { recomputed } from '../../src/engine/recomputed.js';
import * as tf from '../../src/engine/tf.js';
import { useTestEngine } from '../support/engine.js';

useTestEngine();

const random = (shape: number[], seed = 1) => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** Runs `work`, which returns plain values, and checks that it leaves no tensor. */
function leavesNothing<T>(work: () => T): T {
  const before = tf.memory().numTensors;
  const result = work();
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

/** Value and gradients as plain numbers; null where there is none. */
function numbersOf(f: (...xs: tf.Variable[]) => tf.Tensor, xs: tf.Variable[]): (number[] | null)[] {
  const { value, gradients } = gradientsOf(() => f(...xs), xs);
  const numbers = [value, ...gradients].map((t) => (t ? Array.from(t.dataSync()) : null));
  tf.dispose([value, ...gradients.filter((t) => t !== undefined)]);
  return numbers;
}

function withVariables<T>(shapes: number[][], use: (...xs: tf.Variable[]) => T): T {
  const xs = tf.tidy(() => shapes.map((shape, i) => tf.variable(random(shape, i + 1))));
  try {
    return leavesNothing(() => use(...xs));
  } finally {
    tf.dispose(xs);
  }
}

function detour(x: tf.Tensor): tf.Tensor {
  tf.less(tf.exp(x), 0);
  return tf.mul(x, 2);
}

describe('gradientsOf', () => {
  test('gives the bits of tf.variableGrads, for operations of all kinds together', () => {
    const f = (filter: tf.Variable, gamma: tf.Variable, beta: tf.Variable, weight: tf.Variable) => {
      const images = random([2, 6, 6, 3], 9) as tf.Tensor4D;
      const x = tf.tidy(() => tf.add(tf.conv2d(images, filter as tf.Tensor4D, 1, 1), beta)) as tf.Tensor4D;
      const { y } = batchNormTrain(x, gamma as tf.Tensor1D, beta as tf.Tensor1D, 1e-5, 'silu');
      const half = tf.split(upsampleNearest2x(y), 2, 3)[1] as tf.Tensor4D;
      const joined = tf.concat(
        [
          half,
          tf.sub(half, tf.elu(half)),
          tf.pad(half, [
            [0, 0],
            [0, 0],
            [0, 0],
            [0, 0],
          ]),
        ],
        3,
      );
      const pooled = tf.mean(tf.mul(joined, joined), [1, 2]) as tf.Tensor2D;
      const features = tf.matMul(tf.reshape(pooled, [2, -1]), weight as tf.Tensor2D);
      const parts = tf.stack([tf.sum(tf.square(features)), tf.logSumExp(features), tf.sum(silu(features))]);
      return tf.addN([tf.sum(parts), tf.mean(tf.slice(joined, [0, 1, 1, 0], [1, 2, 2, 3]))]);
    };
    withVariables([[3, 3, 3, 8], [8], [8], [12, 5]], (...xs) => {
      const { value, grads } = tf.variableGrads(() => f(...(xs as Parameters<typeof f>)) as tf.Scalar, xs);
      const expected = [value, ...xs.map(({ name }) => grads[name] as tf.Tensor)];
      const given = numbersOf(f as (...xs: tf.Variable[]) => tf.Tensor, xs);
      expect(given).toEqual(expected.map((t) => Array.from(t.dataSync())));
      tf.dispose(expected);
    });
  });

  test.each<[string, (x: tf.Tensor) => tf.Tensor, number[] | null]>([
    ['the same tensor twice', (x) => tf.mul(x, x), [4, -6]],
    ['a gradient that is handed on', (x) => tf.addN([x, x, tf.clone(x)]), [3, 3]],
    ['x itself', (x) => x, [1, 1]],
    ['a value that does not depend on x', () => tf.ones([2]), null],
    ['operations that do not lead to the value, one without a gradient', detour, [2, 2]],
  ])('%s', (_, f, expected) => {
    const x = tf.tidy(() => tf.variable(tf.tensor1d([2, -3])));
    leavesNothing(() => {
      const { value, gradients } = gradientsOf(() => f(x), [x]);
      expect(gradients[0] ? Array.from(gradients[0].dataSync()) : null).toEqual(expected);
      tf.dispose([value === x ? [] : value, gradients[0] ?? []]);
    });
    x.dispose();
  });

  test("starts from the given gradient, which stays the caller's", () => {
    const x = tf.tidy(() => tf.variable(tf.tensor1d([2, -3])));
    const dy = tf.tensor1d([10, 100]);
    leavesNothing(() => {
      const { value, gradients } = gradientsOf(() => tf.square(x), [x], dy);
      expect(Array.from(gradients[0]?.dataSync() ?? [])).toEqual([40, -600]);
      tf.dispose([value, gradients[0] ?? []]);
    });
    expect(dy.isDisposed).toBe(false);
    tf.dispose([x, dy]);
  });

  test('leaves a gradient as it is that is not only read by the operation before', () => {
    withVariables([[2, 3, 3, 4], [4], [4]], (x, gamma, beta) => {
      const normed = () =>
        batchNormTrain(
          x as tf.Variable<tf.Rank.R4>,
          gamma as tf.Variable<tf.Rank.R1>,
          beta as tf.Variable<tf.Rank.R1>,
          1e-5,
          'silu',
        ).y;
      const dy = random([2, 3, 3, 4], 7);
      const before = Array.from(dy.dataSync());
      // The gradient of a sum is the same for both terms.
      const { value, gradients } = gradientsOf(() => tf.add(normed(), normed()), [x], dy);
      expect(Array.from(dy.dataSync())).toEqual(before);
      const once = gradientsOf(normed, [x], dy);
      const twice = Array.from(once.gradients[0]?.dataSync() ?? []).map((v) => 2 * v);
      expect(Array.from(gradients[0]?.dataSync() ?? [])).toEqual(twice);
      tf.dispose([dy, value, once.value, ...(gradients as tf.Tensor[]), ...(once.gradients as tf.Tensor[])]);
    });
  });

  test('adds gradients up in the memory of one only where nothing else reads that', () => {
    withVariables([[4, 6]], (x) => {
      // The same gradient reaches x on several ways, some of which hand it on as it is, reshaped or to two operations at once.
      const f = () => {
        const flat = tf.reshape(x!, [24]);
        const twice = tf.add(flat, flat);
        const branch = tf.mul(tf.reshape(twice, [4, 6]), tf.add(x!, 1));
        return tf.sum(tf.add(tf.add(branch, x!), tf.add(tf.mul(x!, x!), branch)));
      };
      const before = [...x!.dataSync()];
      const { value, gradients } = gradientsOf(f, [x!]);
      // 2 * 2 x (x + 1) + x + x^2
      const expected = before.map((at) => 8 * at + 4 + 1 + 2 * at);
      expect([...gradients[0]!.dataSync()]).toEqual(expected.map((slope) => expect.closeTo(slope, 4)));
      expect([...x!.dataSync()]).toEqual(before);
      tf.dispose([value, gradients[0]!]);
    });
  });

  test('frees what an operation has saved, and the gradient of its result, as soon as its own is computed', () => {
    const length = 20_000;
    const bytes: number[] = [];
    const watched = tf.customGrad((given, save) => {
      (save as unknown as (tensors: tf.Tensor[]) => void)([given as tf.Tensor]);
      return {
        value: tf.mul(given as tf.Tensor, 1.5),
        gradFunc: (dy: tf.Tensor) => {
          bytes.push(tf.memory().numBytes);
          return tf.mul(dy, 1.5);
        },
      };
    });
    withVariables([[length]], (x) => {
      const chain = () => tf.sum([1, 2, 3, 4, 5, 6].reduce<tf.Tensor>((y) => tf.tidy(() => watched(y)), x));
      numbersOf(chain, [x as tf.Variable]);
      expect(bytes.map((count, i) => Math.round((count - (bytes[i - 1] ?? count)) / (4 * length)))).toEqual([
        0, -1, -1, -1, -1, -1,
      ]);
    });
  });

  test.each<[string, (x: tf.Tensor) => tf.Tensor, RegExp]>([
    ['an error in f', (x) => tf.reshape(tf.square(tf.exp(x)), [7]), /Size/],
    ['an operation without a gradient', (x) => tf.einsum('i,i->', tf.exp(x), x), /Einsum has no gradient/],
  ])('%s leaves no tensor', (_, f, message) => {
    withVariables([[2]], (x) => {
      expect(() => gradientsOf(() => f(x as tf.Variable), [x as tf.Variable])).toThrow(message);
      expect(tf.engine().state.gradientDepth).toBe(0);
    });
  });
});

test('recomputed gives the same gradients, and may be nested', () => {
  const layer = (x: tf.Tensor, w: tf.Variable) =>
    silu(tf.matMul(tf.square(x) as tf.Tensor2D, w as tf.Tensor2D));
  const plain = (w: tf.Variable, v: tf.Variable) => tf.sum(layer(layer(w, w), v));
  const again = (w: tf.Variable, v: tf.Variable) => {
    const inner = (x: tf.Tensor) => recomputed((y) => layer(y, w), x, [w]);
    return tf.sum(recomputed((x) => layer(inner(x), v), tf.clone(w) as tf.Tensor, [w, v]));
  };
  withVariables(
    [
      [4, 4],
      [4, 4],
    ],
    (...xs) => {
      const run = (f: typeof plain) => numbersOf(f as (...xs: tf.Variable[]) => tf.Tensor, xs);
      const [expected, given] = [run(plain), run(again)];
      given.forEach((values, i) => {
        values?.forEach((value, j) => {
          expect(value).toBeCloseTo(expected[i]?.[j] ?? Number.NaN, 4);
        });
      });
    },
  );
});

test.each([
  ['all', undefined, [1, 1, 1, 1, 1, 1]],
  ['one axis', 0, [1, 2, 3, 1, 2, 3]],
  ['the last axis', -1, [1, 1, 1, 2, 2, 2]],
  ['both axes', [0, 1], [1, 1, 1, 1, 1, 1]],
])('gradients of sums and means over %s should be those of every summand', (_, axis, expected) => {
  tf.tidy(() => {
    const x = tf.zeros([2, 3]);
    const count = axis === 0 ? 2 : axis === -1 ? 3 : 6;
    for (const [reduce, factor] of [[tf.sum, 1] as const, [tf.mean, 1 / count] as const]) {
      for (const keepDims of [false, true]) {
        const value = () => {
          const reduced = reduce(x, axis, keepDims);
          const weights = tf.reshape(tf.range(1, reduced.size + 1), reduced.shape);
          return tf.sum(tf.mul(reduced, weights));
        };
        const { gradients } = gradientsOf(value, [x]);
        const values = [...gradients[0]!.dataSync()];
        for (const [i, each] of values.entries()) expect(each).toBeCloseTo(expected[i]! * factor, 6);
      }
    }
  });
});
