import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as tf from '../../../src/engine/tf.js';
import { distributionOf } from '../../../src/model/distributions/distributionOf.js';
import { jointLogMass } from '../../../src/model/distributions/jointLogMass.js';
import { logMassOfImages } from '../../../src/model/distributions/logMass.js';
import { outputChannels } from '../../../src/model/distributions/outputConfig.js';
import { keyedNoise } from '../../../src/model/random.js';
import { logOfPixel } from '../../support/definitions/mixtures.js';
import { useTestEngine } from '../../support/engine.js';
import { outputOf } from '../../support/outputOf.js';
import { valuesOf } from '../../support/valuesOf.js';

useTestEngine();

const levels = Array.from({ length: 256 }, (_, i) => i);
const joint = (nMix: number) => outputOf('logistic_mixture', { nMix, jointColours: true });

/** Raw parameters of one component: logit, means, log scales, coefficients before the tanh. */
type Component = readonly [number, number[], number[], number[]];

function rowOf(components: readonly Component[]): number[] {
  const groups = components.map(([logit, means, scales, coefficients]) => [
    logit,
    ...means,
    ...scales,
    ...coefficients.map(Math.atanh),
  ]);
  return Array.from({ length: 10 }, (_, group) => groups.map((values) => values[group]!)).flat();
}

/** Two components that differ in everything; in the first, green nearly follows red, and blue is against green. */
const two: Component[] = [
  [0.5, [-0.4, 0.1, 0.05], [-2.5, -4, -3.5], [0.9, 0.2, -0.8]],
  [-0.3, [0.5, -0.2, 0.6], [-3, -2.2, -4.5], [-0.5, 0.7, 0.1]],
];
const weights = [0.5, -0.3].map((logit) => Math.exp(5 * Math.tanh(logit / 5)));
const shares = weights.map((weight) => weight / (weights[0]! + weights[1]!));

/** The means of a component, clamped where later colours depend on them. */
function meansOf([, [red = 0, green = 0, blue = 0], , [a = 0, b = 0, c = 0]]: Component): number[] {
  const clamp = (value: number) => Math.max(-1, Math.min(1, value));
  const greenMean = green + a * clamp(red);
  return [red, greenMean, blue + b * clamp(red) + c * clamp(greenMean)];
}

const parametersOf = (components: readonly Component[], pixels = 1) => {
  const row = rowOf(components);
  return tf.tile(tf.tensor4d(row, [1, 1, 1, row.length]), [1, pixels, 1, 1]) as tf.Tensor4D;
};

describe('the images of a joint mixture', () => {
  test('should be made of ten parameters per component', () => {
    expect(outputChannels(joint(5))).toBe(50);
  });

  test('mean: the means of the components, weighted by their probabilities', async () => {
    const [mean] = await valuesOf(() => distributionOf(joint(2), parametersOf(two)).mean());
    const each = two.map(meansOf);
    for (const colour of [0, 1, 2]) {
      const expected = shares[0]! * each[0]![colour]! + shares[1]! * each[1]![colour]!;
      expect(mean![colour]).toBeCloseTo((expected + 1) / 2, 5);
    }
  });

  test('most likely value: the means of the component with the largest logit', async () => {
    const outside: Component[] = [two[1]!, [1, [3, -2.5, 0.25], [-2, -2, -2], [0.9, 0.2, -0.8]]];
    const [value] = await valuesOf(() => distributionOf(joint(2), parametersOf(outside)).mostLikelyValue());
    const expected = meansOf(outside[1]!);
    // red counts as 1 for green, and green as -1 for blue
    expect(expected).toEqual([3, -1.6, expect.closeTo(1.25)]);
    for (const colour of [0, 1, 2]) expect(value![colour]).toBeCloseTo((expected[colour]! + 1) / 2, 5);
  });

  test('samples: pixels as often as they are probable', async () => {
    const count = 60_000;
    const [values] = await valuesOf(() => {
      return distributionOf(joint(2), parametersOf(two, count)).sample(keyedNoise(3, 'sample', 0));
    });
    const row = rowOf(two);
    // the colours as 8-bit values, of which every 16 make a bin; red alone, and green where red is in two of the bins
    const bins = values!.map((value) => Math.round(255 * Math.max(0, Math.min(1, value))) >> 4);
    const probability = (pixel: number[]) => Math.exp(logOfPixel(row, pixel, true));
    const red = Array.from({ length: 16 }, () => 0);
    const pairs = Array.from({ length: 256 }, () => 0);
    const isPaired = (bin: number) => bin === 4 || bin === 5;
    for (const r of levels) {
      red[r >> 4]! += probability([r]);
      if (!isPaired(r >> 4)) continue;
      for (const g of levels) pairs[(r >> 4) * 16 + (g >> 4)]! += probability([r, g]);
    }
    const drawnRed = red.map(() => 0);
    const drawnPairs = pairs.map(() => 0);
    for (let i = 0; i < bins.length; i += 3) {
      drawnRed[bins[i]!]! += 1 / count;
      if (isPaired(bins[i]!)) drawnPairs[bins[i]! * 16 + bins[i + 1]!]! += 1 / count;
    }
    const farthest = (drawn: number[], expected: number[]) =>
      Math.max(
        ...drawn.map((share, i) => Math.abs(share - expected[i]!) / Math.sqrt((expected[i]! + 1e-4) / count)),
      );
    // standard deviations of a count; the noise leaves out the outermost 1e-5 of either tail
    expect(farthest(drawnRed, red)).toBeLessThan(5);
    expect(farthest(drawnPairs, pairs)).toBeLessThan(5);
  });

  test('samples: blue depends on the 8-bit values of red and green', async () => {
    const sharp: Component[] = [[0, [0, 0, 0.1], [-2, -2, -20], [0, 0.6, -0.9]]];
    const [values] = await valuesOf(() => {
      return distributionOf(joint(1), parametersOf(sharp, 500)).sample(keyedNoise(4, 'sample', 0));
    });
    const seen = (value: number) => (2 * Math.round(255 * Math.max(0, Math.min(1, value)))) / 255 - 1;
    for (let i = 0; i < values!.length; i += 3) {
      const mean = 0.1 + 0.6 * seen(values![i]!) - 0.9 * seen(values![i + 1]!);
      // at most log(1e5) of the smallest scale
      expect(Math.abs(2 * values![i + 2]! - 1 - mean)).toBeLessThan(12 * Math.exp(-7));
    }
  });
});

describe('the probability of 8-bit pixels', () => {
  const mass = (row: readonly number[], pixel: readonly number[]) =>
    jointLogMass(row.length / 10)(Float32Array.from(row), 0, Uint8Array.from(pixel), 0);
  const row = Array.from(Float32Array.from(rowOf(two)));

  test('should add up over the values of blue to the probability of red and green', () => {
    const pixel = fc.tuple(fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(pixel, ([red, green]) => {
        const sum = levels.reduce((total, blue) => total + Math.exp(mass(row, [red, green, blue])), 0);
        expect(sum / Math.exp(logOfPixel(row, [red, green], true))).toBeCloseTo(1, 9);
      }),
    );
  });

  test('should add up to 1 over all pixels', () => {
    // sharp components, so that a few thousand pixels have nearly all of the probability
    const sharp: Component[] = [
      [0.5, [-0.4, 0.1, 0.05], [-6, -6.5, -8], [0.9, 0.2, -0.8]],
      [-0.3, [1.2, -0.2, 0.6], [-6, -6, -6], [-0.5, 0.7, 0.1]],
    ];
    const values = Array.from(Float32Array.from(rowOf(sharp)));
    let sum = 0;
    for (const component of sharp) {
      const around = meansOf(component).map((mean) => Math.min(255, Math.round((255 * (mean + 1)) / 2)));
      const near = (center: number) => levels.filter((level) => Math.abs(level - center) <= 9);
      for (const r of near(around[0]!)) {
        for (const g of near(around[1]!)) {
          for (const b of near(around[2]!)) sum += Math.exp(mass(values, [r, g, b]));
        }
      }
    }
    expect(sum).toBeCloseTo(1, 4);
  });

  test('should be finite where it is too small for a number', () => {
    const far = Array.from(Float32Array.from(rowOf([[0, [1, 1, 1], [-7, -7, -7], [0, 0, 0]]])));
    const value = mass(far, [10, 10, 10]);
    expect(value).toBeLessThan(-5000);
    expect(value / logOfPixel(far, [10, 10, 10], true)).toBeCloseTo(1, 9);
    expect(mass(Array(10).fill(Number.NaN), [1, 2, 3])).toBeNaN();
  });

  test('should be summed for each image of a batch', () => {
    const rows = [0, 1, 2, 3, 4, 5].map((i) => row.map((value) => Math.fround(value + i / 10)));
    const pixels = Uint8Array.from({ length: 18 }, (_, i) => (i * 53) % 256);
    const got = logMassOfImages(joint(2), Float32Array.from(rows.flat()), pixels, 2);
    const each = rows.map((values, i) => logOfPixel(values, [...pixels.subarray(3 * i, 3 * i + 3)], true));
    expect(got[0]).toBeCloseTo(each[0]! + each[1]! + each[2]!, 8);
    expect(got[1]).toBeCloseTo(each[3]! + each[4]! + each[5]!, 8);
  });
});

test('the log probability should be one value per pixel', async () => {
  const [values] = await valuesOf(() => {
    const output = distributionOf(joint(2), parametersOf(two, 6));
    const x = tf.reshape(tf.div(tf.mul(tf.range(0, 18), 13), 255), [1, 6, 1, 3]) as tf.Tensor4D;
    const logProb = output.logProb(x);
    expect(logProb.shape).toEqual([1, 6, 1, 1]);
    return logProb;
  });
  const row = rowOf(two);
  values!.forEach((value, i) => {
    const pixel = [0, 1, 2].map((c) => (3 * i + c) * 13);
    expect(value).toBeCloseTo(logOfPixel(row, pixel, false), 3);
  });
});
