import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { spectralNormsKernels } from '../../src/engine/fused/spectralNorms.js';
import { spectralNorms } from '../../src/engine/ops.js';
import * as tf from '../../src/engine/tf.js';
import { testEngine, useTestEngine } from '../support/engine.js';
import { pseudoRandom, relativeError } from '../support/naiveConvolution.mjs';
import { iterate, largestSingularValue, matrixOf } from '../support/singularValues.js';
import { valuesOf } from '../support/valuesOf.js';

useTestEngine();

interface Weight {
  readonly shape: readonly [number, number, number, number];
  readonly isDepthwise: boolean;
  readonly values: Float32Array;
}

function weightOf(
  kernel: number,
  inputs: number,
  outputs: number,
  isDepthwise: boolean,
  seed: number,
): Weight {
  const shape = [kernel, kernel, inputs, isDepthwise ? 1 : outputs] as const;
  return { shape, isDepthwise, values: pseudoRandom(tf.util.sizeFromShape([...shape]), seed) };
}

const outputsOf = ({ shape, isDepthwise }: Weight) => (isDepthwise ? shape[2] : shape[3]);
const rowsOf = (weight: Weight) => weight.values.length / outputsOf(weight);
const matrix = ({ values, shape, isDepthwise }: Weight) => matrixOf(values, shape, isDepthwise);

/** The start vectors of all weights, as one tensor takes them. */
const startOf = (weights: readonly Weight[], seed = 30) =>
  pseudoRandom(
    weights.reduce((sum, weight) => sum + outputsOf(weight), 0),
    seed,
  );

/** Sum, new vectors, and the gradients of the sum times `factor`. */
async function normsOf(weights: readonly Weight[], before: Float32Array, iterations: number, factor = 1) {
  const tensors = tf.memory().numTensors;
  const [vectors, sum, ...gradients] = await valuesOf(() => {
    const given = weights.map(({ values, shape }) => tf.tensor(values, [...shape]));
    const result: tf.Tensor[] = [];
    const { value, grads } = tf.valueAndGrads((...ws: tf.Tensor[]) => {
      const layers = ws.map((weight, i) => ({ weight, rows: rowsOf(weights[i]!) }));
      const norms = spectralNorms(layers, tf.tensor1d(before), iterations);
      result.push(norms.vectors);
      return tf.mul(norms.sum, factor) as tf.Scalar;
    })(given);
    return [result[0]!, value, ...grads];
  });
  expect(tf.memory().numTensors).toBe(tensors);
  return { vectors: Float32Array.from(vectors!), sum: sum![0]!, gradients };
}

/** One after the other, from one array. */
function parts(vectors: ArrayLike<number>, weights: readonly Weight[]): number[][] {
  let at = 0;
  return weights.map((weight) => {
    at += outputsOf(weight);
    return Array.from(vectors).slice(at - outputsOf(weight), at);
  });
}

const weightLists = fc
  .array(
    fc.record({
      kernel: fc.constantFrom(1, 3, 5),
      inputs: fc.integer({ min: 1, max: 20 }),
      outputs: fc.integer({ min: 1, max: 40 }),
      isDepthwise: fc.boolean(),
      repeats: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((list) =>
    list.flatMap(({ kernel, inputs, outputs, isDepthwise, repeats }, i) =>
      Array.from({ length: repeats }, (_, k) =>
        weightOf(kernel, inputs, outputs, isDepthwise, 10 * i + k + 1),
      ),
    ),
  );

describe('spectralNorms', () => {
  test('should be power iterations in the matrix [out, taps * in], with gradient u v', async () => {
    await fc.assert(
      fc.asyncProperty(weightLists, fc.integer({ min: 1, max: 5 }), async (weights, iterations) => {
        const before = startOf(weights);
        const starts = parts(before, weights);
        const { sum, vectors, gradients } = await normsOf(weights, before, iterations, 3);
        const expected = weights.map((weight, i) => iterate(matrix(weight), starts[i]!, iterations));
        const total = expected.reduce((all, { sigma }) => all + 3 * sigma, 0);
        expect(Math.abs(sum / total - 1)).toBeLessThan(1e-4);
        expect(
          relativeError(
            vectors,
            expected.flatMap(({ u }) => [...u]),
          ),
        ).toBeLessThan(1e-3);
        for (const [i, weight] of weights.entries()) {
          const { u, v } = expected[i]!;
          const dw = Array.from(v).flatMap((ofInput) => Array.from(u, (ofOutput) => 3 * ofInput * ofOutput));
          expect(dw).toHaveLength(weight.values.length);
          expect(relativeError(gradients[i]!, dw)).toBeLessThan(1e-3);
        }
      }),
      { numRuns: testEngine === 'native' ? 40 : 8 },
    );
  });

  const converging = [
    weightOf(3, 6, 12, false, 1),
    weightOf(3, 6, 12, false, 2),
    weightOf(5, 20, 0, true, 3),
    weightOf(1, 8, 30, false, 4),
    weightOf(1, 5, 1, false, 5),
  ];

  test('should converge to the largest singular values over calls', async () => {
    const exact = converging.reduce((sum, weight) => sum + largestSingularValue(matrix(weight)), 0);
    let vectors = startOf(converging);
    let last = 0;
    for (let call = 0; call < 40; call += 1) {
      const norms = await normsOf(converging, vectors, 4);
      expect(norms.sum).toBeGreaterThan(last * (1 - 1e-6));
      expect(norms.sum).toBeLessThan(exact * (1 + 1e-5));
      [vectors, last] = [norms.vectors, norms.sum];
    }
    expect(last / exact).toBeGreaterThan(0.9999);
    // One call alone is far from that.
    expect((await normsOf(converging, startOf(converging), 1)).sum / exact).toBeLessThan(0.97);
  });

  test('should have the gradient of the largest singular value, by finite differences', async () => {
    const { gradients } = await normsOf(converging, startOf(converging), 400);
    const step = 1e-4;
    for (const [i, weight] of converging.entries()) {
      const slope = (element: number) => {
        const at = (change: number) => {
          const values = Float64Array.from(weight.values);
          values[element]! += change;
          return largestSingularValue(matrixOf(values, weight.shape, weight.isDepthwise));
        };
        return (at(step) - at(-step)) / (2 * step);
      };
      const elements = [0, 7, 23].map((element) => element % weight.values.length);
      const actual = elements.map((element) => gradients[i]![element]!);
      expect(relativeError(actual, elements.map(slope))).toBeLessThan(5e-3);
    }
  });

  test('should be 0 for weights of zeros, with gradients 0, and keep their vectors', async () => {
    const zeros = { ...weightOf(3, 2, 5, false, 1), values: new Float32Array(90) };
    const weights = [zeros, weightOf(3, 2, 5, false, 2), zeros];
    const before = startOf(weights);
    const { sum, vectors, gradients } = await normsOf(weights, before, 3);
    const other = iterate(matrix(weights[1]!), parts(before, weights)[1]!, 3);
    expect(Math.abs(sum / other.sigma - 1)).toBeLessThan(1e-4);
    const [first, , last] = parts(vectors, weights);
    expect([...first!, ...last!]).toEqual([...before.slice(0, 5), ...before.slice(10)]);
    expect([...gradients[0]!, ...gradients[2]!].every((value) => value === 0)).toBe(true);
  });

  test('should be NaN for a weight that has one', async () => {
    const weight = weightOf(1, 3, 4, false, 1);
    weight.values[5] = Number.NaN;
    expect((await normsOf([weight], startOf([weight]), 2)).sum).toBeNaN();
  });

  test('should be the same as its composition, also for large weights', async () => {
    if (testEngine !== 'native') return;
    const weights = [
      weightOf(3, 130, 140, false, 1),
      weightOf(5, 300, 0, true, 2),
      weightOf(1, 70, 30, false, 3),
    ];
    const before = startOf(weights);
    const actual = await normsOf(weights, before, 4);
    const body = spectralNormsKernels[0]!.body;
    const layers = weights.map((weight) => ({ rows: rowsOf(weight), columns: outputsOf(weight) }));
    const [sum, u] = await valuesOf(() => {
      const given = [
        ...weights.map(({ values, shape }) => tf.tensor(values, [...shape])),
        tf.tensor1d(before),
      ];
      return body(Object.fromEntries(given.entries()), { layers, iterations: 4 });
    });
    expect(Math.abs(actual.sum / sum![0]! - 1)).toBeLessThan(1e-5);
    expect(relativeError(actual.vectors, u!)).toBeLessThan(1e-4);
  });
});
