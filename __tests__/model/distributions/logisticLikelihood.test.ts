import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as tf from '../../../src/engine/tf.js';
import { distributionOf } from '../../../src/model/distributions/distributionOf.js';
import { jointLogisticMixtureLogProb } from '../../../src/model/distributions/jointLogisticMixture.js';
import { jointLogMass } from '../../../src/model/distributions/jointLogMass.js';
import { logisticMixtureLogProb } from '../../../src/model/distributions/logisticMixture.js';
import { colourLogMass } from '../../../src/model/distributions/logMass.js';
import { logOfLevel, logOfPixel, slopesOf } from '../../support/definitions/mixtures.js';
import { useTestEngine } from '../../support/engine.js';
import { outputOf } from '../../support/outputOf.js';
import { valuesOf } from '../../support/valuesOf.js';

useTestEngine();

const float = (min: number, max: number) => fc.float({ min, max, noNaN: true });
/** Beyond all clamps, from the sharpest components to those that are wider than all colours. */
const logit = float(-15, 15);
const mean = fc.oneof(float(-1.5, 1.5), float(-8, 8));
const logScale = fc.oneof(float(-10, -3), float(-3, 3), float(3, 60));
const coefficient = float(-4, 4);

const several = <T>(values: fc.Arbitrary<T>, count: number) =>
  fc.array(values, { minLength: count, maxLength: count });

/** k logits, then so many groups of each kind of parameter. */
function rawParameters(k: number, means: number, coefficients: number): fc.Arbitrary<number[]> {
  const groups = [logit, ...Array(means).fill(mean), ...Array(means).fill(logScale)];
  const all = [...groups, ...Array(coefficients).fill(coefficient)] as fc.Arbitrary<number>[];
  return fc.tuple(...all.map((values) => several(values, k))).map((parts) => parts.flat());
}

const ofColour = fc.integer({ min: 1, max: 5 }).chain((k) => rawParameters(k, 1, 0));
const level = fc.oneof(fc.constantFrom(0, 1, 127, 253, 254, 255), fc.nat(255));
const ofPixels = fc
  .integer({ min: 1, max: 4 })
  .chain((k) =>
    fc.array(fc.tuple(rawParameters(k, 3, 3), several(level, 3)), { minLength: 1, maxLength: 20 }),
  );

const levels = Array.from({ length: 256 }, (_, i) => i);
const tensor = (rows: readonly (readonly number[])[]) => tf.tensor2d(rows.map((row) => [...row]));
const colours = (rows: readonly (readonly number[])[]) => tensor(rows.map((row) => row.map((l) => l / 255)));
/** The values as the engine gets them. */
const rounded = (values: readonly number[]) => values.map(Math.fround);

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  const wrong = expected.flatMap((value, i) =>
    Math.abs(actual[i]! - value) <= tolerance * (1 + Math.abs(value)) ? [] : [[i, actual[i], value]],
  );
  expect(wrong).toEqual([]);
}

describe('the normalized likelihood of a colour', () => {
  test('should be the probability of each of the 256 values, and add up to 1', async () => {
    const run = async (given: number[]) => {
      const raw = rounded(given);
      const [actual] = await valuesOf(() => {
        const parameters = tensor(levels.map(() => raw));
        return logisticMixtureLogProb(parameters, tf.div(tf.range(0, 256), 255), { normalized: true });
      });
      const mass = colourLogMass(outputOf('logistic_mixture', { nMix: raw.length / 3 }));
      expectClose(
        actual!,
        levels.map((l) => logOfLevel(raw, l, true)),
        1e-4,
      );
      expectClose(
        actual!,
        levels.map((l) => mass(Float32Array.from(raw), 0, l)),
        1e-4,
      );
      expect(Math.abs(actual!.reduce((sum, log) => sum + Math.exp(log), 0) - 1)).toBeLessThan(2e-4);
    };
    await fc.assert(fc.asyncProperty(ofColour, run), { numRuns: 40 });
  });

  test('should have the slopes of its definition', async () => {
    const run = async (given: number[], at: number) => {
      const raw = rounded(given);
      const [actual] = await valuesOf(() => {
        const x = tf.tensor1d([at / 255]);
        const logProb = (p: tf.Tensor) => logisticMixtureLogProb(p as tf.Tensor2D, x, { normalized: true });
        return tf.grad(logProb)(tensor([raw]));
      });
      expectSlopes(
        actual!,
        slopesOf((values) => logOfLevel(values, at, true), raw),
      );
    };
    await fc.assert(fc.asyncProperty(ofColour, level, run), { numRuns: 150 });
  });

  test('should be what the distribution of a model gives', async () => {
    const values = fc.sample(rawParameters(3, 1, 0), { numRuns: 12, seed: 5 });
    const [actual] = await valuesOf(() => {
      const parameters = tf.tensor4d(values.flat(), [2, 2, 1, 27]);
      const output = distributionOf(outputOf('logistic_mixture', { normalizedLikelihood: true }), parameters);
      return output.logProb(tf.fill([2, 2, 1, 3], 254 / 255));
    });
    expectClose(
      actual!,
      values.map((raw) => logOfLevel(raw, 254, true)),
      1e-4,
    );
  });
});

/** Slopes may be as large as the inverse of the smallest scale, 1097, and are sums of such. */
function expectSlopes(actual: readonly number[], expected: readonly number[]): void {
  const size = Math.max(1, ...expected.map(Math.abs));
  expectClose(
    actual.map((slope) => slope / size),
    expected.map((slope) => slope / size),
    2e-3,
  );
}

describe.each([true, false])('the joint likelihood of a pixel, normalized: %s', (normalized) => {
  test('should be that of its definition', async () => {
    const run = async (rows: [number[], number[]][]) => {
      const raw = rows.map(([values]) => rounded(values));
      const pixels = rows.map(([, pixel]) => pixel);
      const [actual] = await valuesOf(() =>
        jointLogisticMixtureLogProb(tensor(raw), colours(pixels), { normalized }),
      );
      const expected = raw.map((values, i) => logOfPixel(values, pixels[i]!, normalized));
      expectClose(actual!, expected, 5e-4);
      if (!normalized) return;
      const logMass = jointLogMass(raw[0]!.length / 10);
      const mass = raw.map((values, i) => {
        return logMass(Float32Array.from(values), 0, Uint8Array.from(pixels[i]!), 0);
      });
      expectClose(mass, expected, 1e-8);
    };
    await fc.assert(fc.asyncProperty(ofPixels, run), { numRuns: 100 });
  });

  test('should have the slopes of its definition, in each row', async () => {
    const run = async (rows: [number[], number[]][]) => {
      const raw = rows.map(([values]) => rounded(values));
      const pixels = rows.map(([, pixel]) => pixel);
      const weights = rows.map((_, i) => 1 - i / 4);
      const [actual] = await valuesOf(() => {
        const x = colours(pixels);
        const logProb = (p: tf.Tensor) =>
          tf.mul(jointLogisticMixtureLogProb(p as tf.Tensor2D, x, { normalized }), weights);
        return tf.grad(logProb)(tensor(raw));
      });
      const width = raw[0]!.length;
      for (const [i, values] of raw.entries()) {
        const expected = slopesOf((moved) => logOfPixel(moved, pixels[i]!, normalized) * weights[i]!, values);
        expectSlopes(actual!.slice(i * width, (i + 1) * width), expected);
      }
    };
    await fc.assert(fc.asyncProperty(ofPixels, run), { numRuns: 15 });
  });
});
