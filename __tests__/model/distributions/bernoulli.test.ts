import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as tf from '../../../src/engine/tf.js';
import { distributionOf } from '../../../src/model/distributions/distributionOf.js';
import { colourLogMass, logMassOfImages } from '../../../src/model/distributions/logMass.js';
import { type OutputConfig, outputChannels } from '../../../src/model/distributions/outputConfig.js';
import { keyedNoise } from '../../../src/model/random.js';
import { useTestEngine } from '../../support/engine.js';
import { expectGradients, normalTensor } from '../../support/gradients.js';
import { outputOf } from '../../support/outputOf.js';

useTestEngine();

const grey = outputOf('bernoulli', { imageChannels: 1 });
const logit = fc.float({ min: -200, max: 200, noNaN: true });
const logits = (length: number) => fc.array(logit, { minLength: length, maxLength: length });

/** log p in float64: of 255 if `isOn`, else of 0. */
function expected(value: number, isOn: boolean): number {
  const signed = isOn ? value : -value;
  return signed > 0 ? -Math.log1p(Math.exp(-signed)) : signed - Math.log1p(Math.exp(signed));
}

const logProbOf = (config: OutputConfig, parameters: tf.Tensor, x: tf.Tensor) =>
  distributionOf(config, parameters as tf.Tensor4D).logProb(x as tf.Tensor4D);

describe('bernoulli', () => {
  test('should have one parameter per colour, and ignore n_mix', () => {
    expect(outputChannels(grey)).toBe(1);
    expect(outputChannels(outputOf('bernoulli', { nMix: 10 }))).toBe(3);
  });

  test('its log probability should be that of 0 and 1 in float64, however large the logit', () => {
    fc.assert(
      fc.property(logits(8), (values) => {
        tf.tidy(() => {
          const parameters = tf.tensor(values, [1, 2, 4, 1]);
          const [zero, one] = [tf.zerosLike(parameters), tf.onesLike(parameters)].map(
            (x) => logProbOf(grey, parameters, x).dataSync() as Float32Array,
          );
          values.forEach((value, i) => {
            const tolerance = 1e-6 * (1 + Math.abs(value));
            expect(Math.abs(zero![i]! - expected(value, false))).toBeLessThan(tolerance);
            expect(Math.abs(one![i]! - expected(value, true))).toBeLessThan(tolerance);
          });
        });
      }),
    );
  });

  test('the gradient should be x minus the probability, also where the model is sure', () => {
    tf.tidy(() => {
      const values = [-300, -20, -1, 0, 0.5, 20, 300];
      const parameters = tf.tensor(values, [1, 1, 7, 1]);
      for (const x of [0, 1]) {
        const image = tf.fill([1, 1, 7, 1], x);
        const gradient = tf
          .grad((p: tf.Tensor) => tf.sum(logProbOf(grey, p, image)))(parameters)
          .dataSync();
        values.forEach((value, i) => {
          expect(gradient[i]).toBeCloseTo(x - 1 / (1 + Math.exp(-value)), 5);
        });
      }
    });
  });

  test.each([1, 3] as const)('gradient by finite differences, %i colours', async (imageChannels) => {
    const config = outputOf('bernoulli', { imageChannels });
    const parameters = tf.tidy(() => tf.variable(normalTensor('parameters', [2, 3, 2, imageChannels])));
    const x = tf.tidy(() => tf.cast(tf.greater(normalTensor('x', [2, 3, 2, imageChannels]), 0), 'float32'));
    await expectGradients(() => logProbOf(config, parameters, x), new Map([['parameters', parameters]]));
    tf.dispose([parameters, x]);
  });

  test('samples should be 0 or 1 and around the mean, the most likely value the likelier one', () => {
    tf.tidy(() => {
      for (const value of [-3, -0.5, 0.25, 2]) {
        const output = distributionOf(grey, tf.fill([1, 100, 100, 1], value));
        const samples = output.sample(keyedNoise(1, 'sample', 0)).dataSync() as Float32Array;
        const probability = 1 / (1 + Math.exp(-value));
        expect(samples.every((one) => one === 0 || one === 1)).toBe(true);
        const deviation = Math.sqrt(probability * (1 - probability)) / 100;
        const mean = samples.reduce((sum, one) => sum + one, 0) / samples.length;
        expect(Math.abs(mean - probability)).toBeLessThan(5 * deviation);
        expect(output.mean().dataSync()[0]).toBeCloseTo(probability, 6);
        expect(output.mostLikelyValue().dataSync()[0]).toBe(value > 0 ? 1 : 0);
        expect(output.mostLikelyValue().shape).toEqual([1, 100, 100, 1]);
      }
    });
  });
});

describe('the probability of a binary value', () => {
  test('should add up to 1 over 0 and 255, and be that of training', () => {
    fc.assert(
      fc.property(logits(1), ([value = 0]) => {
        const parameters = Float32Array.of(value);
        const colour = colourLogMass(grey);
        const [zero, one] = [colour(parameters, 0, 0), colour(parameters, 0, 255)];
        expect(zero).toBeCloseTo(expected(parameters[0]!, false), 12);
        expect(one).toBeCloseTo(expected(parameters[0]!, true), 12);
        expect(Math.exp(zero) + Math.exp(one)).toBeCloseTo(1, 12);
      }),
    );
  });

  test('should be summed over all colours of an image', () => {
    const parameters = Float32Array.of(1, -2, 3, -4, 5, -6, 0, 1, 2, 3, -3, 2);
    const pixels = Uint8Array.of(0, 255, 255, 0, 0, 255, 255, 255, 0, 0, 255, 0);
    const each = [...parameters].map((value, i) => expected(value, pixels[i] === 255));
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    for (const [config, images] of [
      [outputOf('bernoulli'), 2],
      [grey, 3],
    ] as const) {
      const perImage = 12 / images;
      const got = logMassOfImages(config, parameters, pixels, images);
      got.forEach((value, i) => {
        expect(value).toBeCloseTo(sum(each.slice(i * perImage, (i + 1) * perImage)), 9);
      });
    }
  });

  test('should be refused for a value between, which has none', () => {
    expect(() => logMassOfImages(grey, Float32Array.of(0, 0), Uint8Array.of(255, 17), 2)).toThrow(
      new RangeError(
        'images: expected the values 0 and 255 for bernoulli, got 17; make the images binary first, with binarizedImages',
      ),
    );
  });

  test('should be NaN for a logit that is not a number', () => {
    expect(colourLogMass(grey)(Float32Array.of(Number.NaN), 0, 255)).toBeNaN();
  });
});
