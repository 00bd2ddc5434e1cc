import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { colourLogMass, logMassOfImages } from '../../../src/model/distributions/logMass.js';
import { outputChannels } from '../../../src/model/distributions/outputConfig.js';
import { outputOf } from '../../support/outputOf.js';

const methods = ['gaussian', 'gaussian_mixture', 'logistic_mixture'] as const;
const levels = Array.from({ length: 256 }, (_, i) => i);

describe.each(methods)('%s', (method) => {
  const output = outputOf(method);
  const channels = outputChannels(output);
  const colour = colourLogMass(output);
  // from the widest to the sharpest components, and means far outside of the range of colours
  const raw = fc.float({ min: -60, max: 60, noNaN: true });

  test('the probabilities of the 256 values should add up to 1', () => {
    fc.assert(
      fc.property(fc.array(raw, { minLength: channels, maxLength: channels }), (values) => {
        const parameters = Float32Array.from(values);
        const logs = levels.map((level) => colour(parameters, 0, level));
        expect(logs.every((log) => log <= 1e-12 && log > Number.NEGATIVE_INFINITY)).toBe(true);
        expect(Math.abs(logs.reduce((sum, log) => sum + Math.exp(log), 0) - 1)).toBeLessThan(1e-9);
      }),
    );
  });

  test('the probability of an image should be the sum over its colours, for each image of a batch', () => {
    const random = fc.sample(raw, { numRuns: 2 * 4 * channels, seed: 1 });
    const parameters = Float32Array.from(random, (value) => value / 20);
    const pixels = Uint8Array.from({ length: 2 * 4 * 3 }, (_, i) => (i * 41) % 256);
    const perColour = method === 'gaussian' ? 1 : channels / 3;
    const expected = [0, 1].map((image) =>
      [0, 1, 2, 3].reduce((sum, pixel) => {
        const place = image * 4 + pixel;
        const each = [0, 1, 2].map((c) =>
          colour(parameters, place * channels + c * perColour, pixels[place * 3 + c] ?? 0),
        );
        return sum + each.reduce((a, b) => a + b, 0);
      }, 0),
    );
    const got = logMassOfImages(output, parameters, pixels, 2);
    expect(got).toHaveLength(2);
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? 0, 9);
    });
  });

  test('parameters that are not finite should give NaN', () => {
    expect(colour(new Float32Array(channels).fill(Number.NaN), 0, 100)).toBeNaN();
  });
});

test('logarithms should take over where a probability is too small for a number, without a step', () => {
  // one component per colour: a mean of 0 (raw) and the smallest standard deviation, and a value far from it
  for (const method of ['gaussian_mixture', 'logistic_mixture'] as const) {
    const colour = colourLogMass(outputOf(method, { nMix: 1 }));
    const at = (mean: number) => colour(Float32Array.of(0, mean, -30), 0, 255);
    const steps = Array.from({ length: 400 }, (_, i) => at(0.9 - i / 400) - at(0.9 - (i + 1) / 400));
    expect(at(-0.1)).toBeLessThan(-700);
    // the slope changes little by little
    for (let i = 1; i < steps.length; i += 1) {
      expect(Math.abs(steps[i]! - steps[i - 1]!)).toBeLessThan(0.6);
    }
  }
});
