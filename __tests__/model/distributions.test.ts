import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { softClamp } from '../../src/engine/ops.js';
import * as tf from '../../src/engine/tf.js';
import { distributionOf } from '../../src/model/distributions/distributionOf.js';
import { normalFromParameters, normalKl, normalLogDensity } from '../../src/model/distributions/normal.js';
import { outputChannels } from '../../src/model/distributions/outputConfig.js';
import { keyedNoise } from '../../src/model/random.js';
import { useTestEngine } from '../support/engine.js';
import { expectGradients, normalTensor } from '../support/gradients.js';
import { outputOf } from '../support/outputOf.js';

useTestEngine();

const methods = ['gaussian', 'gaussian_mixture', 'logistic_mixture', 'bernoulli'] as const;
const raw = fc.float({ min: -8, max: 8, noNaN: true });

describe('Normal', () => {
  test('KL is never negative, and 0 between equal Normals', () => {
    fc.assert(
      fc.property(fc.array(raw, { minLength: 4, maxLength: 4 }), ([a = 0, b = 0, c = 0, d = 0]) => {
        tf.tidy(() => {
          const p = normalFromParameters(tf.tensor2d([[a, b]]));
          const q = normalFromParameters(tf.tensor2d([[c, d]]));
          const scale = Math.max(1, ...normalKl(p, q).dataSync());
          expect(Math.min(...normalKl(p, q).dataSync())).toBeGreaterThanOrEqual(-1e-5 * scale);
          expect(Math.abs(normalKl(p, p).dataSync()[0] ?? 1)).toBeLessThan(1e-6);
        });
      }),
      { numRuns: 100 },
    );
  });

  test('its density integrates to 1', () => {
    tf.tidy(() => {
      const x = tf.linspace(-10, 10, 4001);
      const normal = normalFromParameters(tf.tensor1d([0.3, -0.5]));
      const integral = tf.mul(tf.sum(tf.exp(normalLogDensity(normal, x))), 20 / 4000);
      expect(integral.dataSync()[0]).toBeCloseTo(1, 3);
    });
  });

  test('gradients of the soft clamp, density and KL', async () => {
    const p = tf.tidy(() => tf.variable(normalTensor('p', [2, 6])));
    const q = tf.tidy(() => tf.variable(normalTensor('q', [2, 6])));
    const variables = new Map([
      ['p', p],
      ['q', q],
    ]);
    await expectGradients(() => softClamp(tf.mul(p, 5)), new Map([['p', p]]));
    await expectGradients(() => normalKl(normalFromParameters(p), normalFromParameters(q)), variables);
    await expectGradients(
      () => normalLogDensity(normalFromParameters(p), tf.ones([2, 3])),
      new Map([['p', p]]),
    );
    p.dispose();
    q.dispose();
  });
});

describe.each(methods)('%s', (method) => {
  const channels = outputChannels(outputOf(method));

  test('gradient of the log probability', async () => {
    const parameters = tf.tidy(() => tf.variable(normalTensor('parameters', [2, 2, 2, channels])));
    const x = tf.tidy(() => tf.sigmoid(normalTensor<tf.Tensor4D>('x', [2, 2, 2, 3])));
    const logProb = () => distributionOf(outputOf(method), parameters as tf.Tensor as tf.Tensor4D).logProb(x);
    await expectGradients(logProb, new Map([['parameters', parameters]]));
    tf.dispose([parameters, x]);
  });

  test('samples are around the mean', () => {
    tf.tidy(() => {
      const one = normalTensor<tf.Tensor4D>('one', [1, 1, 1, channels]);
      const many = tf.tile(one, [1, 80, 80, 1]) as tf.Tensor4D;
      const output = distributionOf(outputOf(method), tf.mul(many, 0.3));
      const sampled = tf.mean(output.sample(keyedNoise(1, 'sample', 0)), [0, 1, 2]);
      const expected = tf.mean(output.mean(), [0, 1, 2]);
      expect(tf.max(tf.abs(tf.sub(sampled, expected))).dataSync()[0]).toBeLessThan(0.1);
    });
  });
});

describe('mixtures', () => {
  test('the probabilities of the 256 values of a colour sum to about 1', () => {
    // 254/255 takes the upper tail as well, as in the reference: its component probability is counted twice.
    const mild = fc.float({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(mild, { minLength: 27, maxLength: 27 }), (parameters) => {
        tf.tidy(() => {
          const row = tf.tensor4d(parameters, [1, 1, 1, 27]);
          const rows = tf.tile(row, [1, 1, 256, 1]) as tf.Tensor4D;
          const x = tf.tile(tf.reshape(tf.div(tf.range(0, 256), 255), [1, 1, 256, 1]), [1, 1, 1, 3]);
          const values = tf.exp(distributionOf(outputOf('logistic_mixture'), rows).logProb(x as tf.Tensor4D));
          const [red = 0] = tf.sum(values, [0, 1, 2]).dataSync();
          const [upper = 0] = tf.slice(values, [0, 0, 255, 0], [1, 1, 1, 1]).dataSync();
          expect(red - upper).toBeCloseTo(1, 3);
        });
      }),
      { numRuns: 50 },
    );
  });

  test('a mean, a most likely value and a sample are one colour per pixel', () => {
    const single = { nMix: 1 };
    const joint = { jointColours: true };
    const outputs = [
      ...methods.flatMap((method) => [outputOf(method), outputOf(method, single)]),
      ...[joint, { ...joint, ...single }].map((changes) => outputOf('logistic_mixture', changes)),
    ];
    tf.tidy(() => {
      for (const config of outputs) {
        const parameters = normalTensor<tf.Tensor4D>('raw', [2, 3, 4, outputChannels(config)]);
        const output = distributionOf(config, parameters);
        for (const image of [output.mean(), output.mostLikelyValue(), output.sample(keyedNoise(1, 's', 0))]) {
          expect(image.shape).toEqual([2, 3, 4, 3]);
        }
      }
    });
  });

  test('far from a sharp component the logistic mixture keeps a gradient', () => {
    tf.tidy(() => {
      // Three colours with one component each: logit 0, mean 0.7 above the data, log-scale -3.
      const parameters = tf.tensor4d([0, 0.4, -3, 0, 0.4, -3, 0, 0.4, -3], [1, 1, 1, 9]);
      const x = tf.fill([1, 1, 1, 3], 0.95) as tf.Tensor4D;
      const logProb = (p: tf.Tensor) =>
        tf.sum(distributionOf(outputOf('logistic_mixture', { nMix: 1 }), p as tf.Tensor4D).logProb(x));
      const gradient = tf.grad(logProb)(parameters).dataSync();
      // d/d mean of -(u - mean) / scale
      expect(gradient[1]).toBeCloseTo(Math.exp(3), 1);
    });
  });
});
