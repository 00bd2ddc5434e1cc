import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { imageAt, joinImages } from '../../../src/base/imageBatches.js';
import type { ModelConfig } from '../../../src/config/types.js';
import * as tf from '../../../src/engine/tf.js';
import type { BatchEvaluation } from '../../../src/model/evaluation/batchEvaluation.js';
import { drawImages } from '../../../src/model/evaluation/drawImages.js';
import { DrawSums } from '../../../src/model/evaluation/drawSums.js';
import { evaluateBatch } from '../../../src/model/evaluation/evaluateBatch.js';
import { imageNoise } from '../../../src/model/imageNoise.js';
import { imagesToTensor } from '../../../src/model/imageTensors.js';
import { Nvae } from '../../../src/model/nvae.js';
import { useTestEngine } from '../../support/engine.js';
import { smallBatch, smallModel } from '../../support/smallConfig.js';

useTestEngine();

const images = smallBatch(3, 5);
const keys = ['a', 'b', 'c', 'd', 'e'];

async function using<T>(changes: Partial<ModelConfig>, use: (model: Nvae) => Promise<T>): Promise<T> {
  const model = Nvae.create(smallModel(changes), 1);
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

describe.each([
  ['gaussian', true],
  ['gaussian_mixture', false],
  ['logistic_mixture', false],
  ['logistic_mixture', true],
] as const)('%s, fixed flows: %s', (samplingMethod, fixedFlows) => {
  const changes = { samplingMethod, fixedFlows };

  test('the bound should be at most the mean of minus the log weights, for every image', () =>
    using(changes, async (model) => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer(), async (samples, seed) => {
          const sums = new DrawSums(model.plan.groups.length, 5);
          const means = new Float64Array(5);
          const noiseOf = (draw: number) => imageNoise(seed, 'evaluation', keys, draw);
          for await (const draw of drawImages(model, images, { samples, noiseOf })) {
            sums.add(draw);
            for (let i = 0; i < 5; i += 1) means[i]! -= (draw.logMass[i]! + draw.logRatio[i]!) / samples;
          }
          const { importanceWeightedMass, effectiveSamplesMass } = sums.result();
          importanceWeightedMass.forEach((bound, i) => {
            expect(bound).toBeLessThanOrEqual(means[i]! + 1e-9 * Math.abs(means[i]!));
          });
          for (const count of effectiveSamplesMass) {
            expect(count).toBeGreaterThanOrEqual(1 - 1e-12);
            expect(count).toBeLessThanOrEqual(samples + 1e-9);
          }
        }),
        { numRuns: 3 },
      );
    }));

  test('with one draw, the bound should be the negative ELBO unless the KL is in closed form', () =>
    using(changes, async (model) => {
      const options = { samples: 1, seed: 1, keys };
      const { negativeElbo, negativeElboMass, ...one } = await evaluateBatch(model, images, options);
      const distances = [
        ...negativeElbo.map((value, i) => Math.abs(value - one.importanceWeighted[i]!)),
        ...negativeElboMass.map((value, i) => Math.abs(value - one.importanceWeightedMass[i]!)),
      ];
      if (fixedFlows) expect(Math.min(...distances)).toBeGreaterThan(1e-3);
      else expect(Math.max(...distances)).toBeLessThan(1e-9);
      expect([...one.effectiveSamples, ...one.effectiveSamplesMass]).toEqual(Array(10).fill(1));
    }));

  test('the size of batches should change nothing beyond rounding, and nothing should be left', () =>
    using(changes, async (model) => {
      const before = tf.memory().numTensors;
      const options = { samples: 2, seed: 4 };
      const whole = await evaluateBatch(model, images, { ...options, keys });
      const parts: BatchEvaluation[] = [];
      for (const places of [[4, 0], [2], [1, 3]]) {
        const part = joinImages(places.map((i) => imageAt(images, i)));
        const its = places.map((i) => keys[i]!);
        parts.push(await evaluateBatch(model, part, { ...options, keys: its }));
      }
      expect(tf.memory().numTensors).toBe(before);
      const order = [4, 0, 2, 1, 3];
      const same = (together: Float64Array, apart: readonly Float64Array[]) => {
        const values = apart.flatMap((part) => [...part]);
        order.forEach((image, i) => {
          expect(Math.abs(together[image]! - values[i]!)).toBeLessThan(1e-5 * (10 + Math.abs(values[i]!)));
        });
      };
      for (const key of ['negativeElbo', 'importanceWeighted', 'reconstructionLossMass', 'psnr'] as const) {
        same(
          whole[key],
          parts.map((part) => part[key]),
        );
      }
      whole.kl.forEach((level, l) => {
        same(
          level,
          parts.map((part) => part.kl[l]!),
        );
      });
    }));
});

test('numbers should be those of the forward pass with the same noise', () =>
  using({}, async (model) => {
    const options = { samples: 1, seed: 7, keys };
    const { kl, reconstructionLoss, offsets } = await evaluateBatch(model, images, options);
    const noise = imageNoise(7, 'evaluation', keys, 0);
    const { kl: expectedKl, logProb } = tf.tidy(() => {
      const x = imagesToTensor(images, 8);
      const pass = model.forward(x, noise, 'eval');
      return {
        kl: pass.kl,
        logProb: tf.sum<tf.Tensor1D>(model.output(pass.parameters).logProb(x), [1, 2, 3]),
      };
    });
    const flat = kl.flatMap((level) => [...level]);
    (await expectedKl.data<'float32'>()).forEach((value, i) => {
      expect(flat[i]).toBeCloseTo(value, 4);
    });
    (await logProb.data<'float32'>()).forEach((value, i) => {
      expect(-reconstructionLoss[i]! / value).toBeCloseTo(1, 5);
    });
    tf.dispose([expectedKl, logProb]);
    expect(offsets.map(({ length }) => length)).toEqual(
      model.latentShapes.map(([height, width, channels]) => 5 * height * width * channels),
    );
  }));

test.each([false, true])(
  'with a normalized likelihood, that of training should be the probability of the 8-bit values; joint colours: %s',
  (jointColours) =>
    using({ normalizedLikelihood: true, jointColours }, async (model) => {
      const options = { samples: 2, seed: 7, keys };
      const batch = await evaluateBatch(model, images, options);
      for (const [training, mass] of [
        [batch.negativeElbo, batch.negativeElboMass],
        [batch.importanceWeighted, batch.importanceWeightedMass],
        [batch.reconstructionLoss, batch.reconstructionLossMass],
      ] as const) {
        training.forEach((value, i) => {
          expect(value / mass[i]!).toBeCloseTo(1, 5);
        });
      }
    }),
);

test('draws should depend on the seed and the key of the image', () =>
  using({}, async (model) => {
    const two = joinImages([imageAt(images, 0), imageAt(images, 0)]);
    const kl = async (seed: number, its: string[]) =>
      (await evaluateBatch(model, two, { samples: 1, seed, keys: its })).kl.map((level) => [...level]);
    const same = await kl(1, ['a', 'a']);
    for (const [first, second] of same) expect(first).toBeCloseTo(second!, 4);
    const other = await kl(1, ['a', 'b']);
    expect(other.some(([first, second]) => Math.abs(first! - second!) > 1e-3)).toBe(true);
    expect(await kl(2, ['a', 'a'])).not.toEqual(same);
  }));

test('an abort should end it between two draws, and leave nothing', () =>
  using({}, async (model) => {
    const before = tf.memory().numTensors;
    const abort = new AbortController();
    const done: number[] = [];
    const onDraw = (draws: number) => {
      done.push(draws);
      if (draws === 2) abort.abort(new Error('enough'));
    };
    const options = { samples: 100, seed: 1, keys, signal: abort.signal, onDraw };
    await expect(evaluateBatch(model, images, options)).rejects.toThrow('enough');
    expect(done).toEqual([1, 2]);
    expect(tf.memory().numTensors).toBe(before);
  }));

test('options out of range should be refused', () =>
  using({}, async (model) => {
    const refused = (options: object, batch = images) =>
      evaluateBatch(model, batch, { samples: 1, seed: 1, keys, ...options });
    await expect(refused({ samples: 0 })).rejects.toThrow('samples must be a positive integer, got 0');
    await expect(refused({ seed: 0.5 })).rejects.toThrow('seed must be an integer');
    await expect(refused({ keys: ['a'] })).rejects.toThrow('keys must be one per image, 5, got 1');
    await expect(refused({}, smallBatch(1, 5, 16))).rejects.toThrow('expected [batch, 8, 8, 3]');
  }));
