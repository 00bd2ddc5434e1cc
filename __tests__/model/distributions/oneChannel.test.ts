/** The output distributions of grey images. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as tf from '../../../src/engine/tf.js';
import { distributionOf } from '../../../src/model/distributions/distributionOf.js';
import { colourLogMass, logMassOfImages } from '../../../src/model/distributions/logMass.js';
import { outputChannels } from '../../../src/model/distributions/outputConfig.js';
import { keyedNoise } from '../../../src/model/random.js';
import { useTestEngine } from '../../support/engine.js';
import { expectGradients, normalTensor } from '../../support/gradients.js';
import { outputOf } from '../../support/outputOf.js';

useTestEngine();

const cases = [
  ['gaussian', 2],
  ['gaussian_mixture', 9],
  ['logistic_mixture', 9],
] as const;
const levels = Array.from({ length: 256 }, (_, level) => level);

describe.each(cases)('%s in one channel', (method, channels) => {
  const grey = outputOf(method, { imageChannels: 1 });
  const logProbOf = (parameters: tf.Tensor, x: tf.Tensor) =>
    distributionOf(grey, parameters as tf.Tensor4D).logProb(x as tf.Tensor4D);
  // Standard deviations from a third to three times the range of values: a density is nearly straight within an interval, even
  // where the farthest values are.
  const raw = fc.float({ min: -1, max: 1, noNaN: true });
  const parametersOf = (length: number) =>
    fc.array(raw, { minLength: length * channels, maxLength: length * channels });

  test('should have a third of the parameters of colour', () => {
    expect(outputChannels(grey)).toBe(channels);
    expect(outputChannels(outputOf(method))).toBe(3 * channels);
  });

  test('should give each value about the log probability of its interval', () => {
    // A density is per unit of the scale from 0 to 1; an interval of it is 1 / 255 wide.
    const width = method === 'logistic_mixture' ? 0 : Math.log(255);
    const inside = levels.slice(1, 254); // the ends own the tails
    fc.assert(
      fc.property(parametersOf(1), (values) => {
        const mass = colourLogMass(grey);
        const parameters = Float32Array.from(values);
        const logProb = tf.tidy(() => {
          const tiled = tf.tile(tf.tensor(parameters, [1, 1, 1, channels]), [1, 1, inside.length, 1]);
          const x = tf.tensor(
            inside.map((level) => level / 255),
            [1, 1, inside.length, 1],
          );
          return logProbOf(tiled, x).dataSync();
        });
        inside.forEach((level, i) => {
          expect(Math.abs((logProb[i] ?? 0) - width - mass(parameters, 0, level))).toBeLessThan(5e-4);
        });
      }),
      { numRuns: 20 },
    );
  });

  test('should give the 256 values probabilities that add up to 1', () => {
    fc.assert(
      fc.property(parametersOf(1), (values) => {
        const sum = levels
          .map((level) => Math.exp(colourLogMass(grey)(Float32Array.from(values), 0, level)))
          .reduce((total, mass) => total + mass, 0);
        expect(sum).toBeCloseTo(1, 9);
      }),
    );
  });

  test('should be one of the colours of a colour image', () => {
    const pixels = 4;
    fc.assert(
      fc.property(
        parametersOf(3 * pixels),
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        (values, bytes) => {
          const colour = Float32Array.from(values);
          // The place of a colour's parameter i: those of a Gaussian lie among those of the other colours.
          const place = (c: number, i: number) => (method === 'gaussian' ? 3 * i + c : channels * c + i);
          const parts = [0, 1, 2].map((c) => {
            const parameters = Float32Array.from({ length: pixels * channels }, (_, at) => {
              const [pixel, i] = [Math.floor(at / channels), at % channels];
              return colour[pixel * 3 * channels + place(c, i)] ?? 0;
            });
            return (
              logMassOfImages(
                grey,
                parameters,
                bytes.filter((_, i) => i % 3 === c),
                1,
              )[0] ?? 0
            );
          });
          const [whole = 0] = logMassOfImages(outputOf(method), colour, bytes, 1);
          expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(whole, 9);
          tf.tidy(() => {
            const image = tf.tensor(
              [...bytes].map((value) => value / 255),
              [1, 2, 2, 3],
            );
            const all = distributionOf(outputOf(method), tf.tensor4d(colour, [1, 2, 2, 3 * channels]));
            const red = tf.slice(all.logProb(image as tf.Tensor4D), [0, 0, 0, 0], [1, 2, 2, 1]).dataSync();
            const own = Float32Array.from({ length: pixels * channels }, (_, at) => {
              const [pixel, i] = [Math.floor(at / channels), at % channels];
              return colour[pixel * 3 * channels + place(0, i)] ?? 0;
            });
            const alone = logProbOf(
              tf.tensor4d(own, [1, 2, 2, channels]),
              tf.slice(image as tf.Tensor4D, [0, 0, 0, 0], [1, 2, 2, 1]),
            ).dataSync();
            alone.forEach((value, i) => {
              expect(value).toBeCloseTo(red[i] ?? 0, 4);
            });
          });
        },
      ),
      { numRuns: 20 },
    );
  });

  test('should have the gradient of finite differences', async () => {
    const parameters = tf.tidy(() => tf.variable(normalTensor('parameters', [2, 2, 3, channels])));
    const x = tf.tidy(() => tf.sigmoid(normalTensor('x', [2, 2, 3, 1])));
    await expectGradients(() => logProbOf(parameters, x), new Map([['parameters', parameters]]));
    tf.dispose([parameters, x]);
  });

  test('should draw samples around its mean', () => {
    tf.tidy(() => {
      const one = tf.mul(normalTensor<tf.Tensor4D>('one', [1, 1, 1, channels]), 0.3);
      const output = distributionOf(grey, tf.tile(one, [1, 80, 80, 1]) as tf.Tensor4D);
      const [samples, mean] = [output.sample(keyedNoise(1, 'sample', 0)), output.mean()];
      for (const images of [samples, mean, output.mostLikelyValue()]) {
        expect(images.shape).toEqual([1, 80, 80, 1]);
      }
      expect(Math.abs((tf.mean(tf.sub(samples, mean)).dataSync()[0] ?? 9) as number)).toBeLessThan(0.1);
    });
  });
});
