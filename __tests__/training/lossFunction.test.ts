import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { imagesToTensor } from '../../src/model/imageTensors.js';
import { keyedNoise } from '../../src/model/random.js';
import { computeGradients } from '../../src/training/gradients.js';
import type { LossFunction } from '../../src/training/lossFunction.js';
import { type StepResult, Trainer } from '../../src/training/trainer.js';
import { testEngine, useTestEngine } from '../support/engine.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

useTestEngine();

const scalar = (tensor: tf.Tensor) => tensor as tf.Scalar;
/** Distance between the mean colours of a batch and of its reconstructions. */
const brightness: LossFunction = ({ images, output }) => ({
  brightness: scalar(tf.mul(100, tf.square(tf.sub(tf.mean(output.mean()), tf.mean(images))))),
});
const added: LossFunction = (input) => ({ ...input.terms, ...brightness(input) });

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

async function withTrainer<T>(
  loss: LossFunction | undefined,
  use: (trainer: Trainer) => Promise<T>,
  training = {},
) {
  const trainer = await Trainer.create(smallConfig({}, training), loss && { loss });
  try {
    return await use(trainer);
  } finally {
    await trainer.dispose();
  }
}

const timeless = ({ seconds: _, ...result }: StepResult) => result;

/** Results and weights after three steps. */
function trained(loss?: LossFunction, training = {}) {
  return withTrainer(
    loss,
    async (trainer) => {
      const results: Omit<StepResult, 'seconds'>[] = [];
      for (const number of [0, 1, 2]) results.push(timeless(await trainer.step(smallBatch(number), 1)));
      return { results, tensors: (await trainer.snapshot()).tensors };
    },
    training,
  );
}

/** The gradient of a loss in every parameter, by name; the model is the same at each call. */
async function gradientsOf(
  loss: (trainer: Trainer) => LossFunction | undefined,
): Promise<Map<string, number[]>> {
  return withTrainer(undefined, async (trainer) => {
    const images = imagesToTensor(smallBatch(0), 8);
    const { training } = trainer.config;
    const options = { noise: keyedNoise(1, 'test', 0), epoch: 1, training, loss: loss(trainer) };
    const pass = computeGradients(trainer.model, images, options);
    const result = new Map<string, number[]>();
    for (const [name, gradient] of pass.gradients) result.set(name, [...(await gradient.data())]);
    pass.dispose();
    images.dispose();
    return result;
  });
}

function expectSum(whole: Map<string, number[]>, ...parts: Map<string, number[]>[]) {
  for (const [name, values] of whole) {
    const sums = values.map((_, i) => parts.reduce((sum, part) => sum + (part.get(name)?.[i] ?? 0), 0));
    const scale = Math.max(...sums.map(Math.abs), 1e-2);
    const off = Math.max(...values.map((value, i) => Math.abs(value - (sums[i] ?? Number.NaN))));
    expect([name, off / scale < 2e-3]).toEqual([name, true]);
  }
}

describe('a loss function', () => {
  test('that returns the default terms should train as none, bit for bit, and report their values', async () => {
    const [none, same] = [await trained(), await trained(({ terms }) => terms)];
    expect(same.tensors).toEqual(none.tensors);
    same.results.forEach(({ terms, ...result }, i) => {
      expect(result).toEqual(none.results[i]);
      expect(none.results[i]).not.toHaveProperty('terms');
      const { reconstructionLoss, balancedKl, klCoefficient, regularization } = result;
      expect(Object.keys(terms!)).toEqual(['reconstruction', 'kl', 'regularization']);
      expect(terms!.reconstruction).toBe(reconstructionLoss);
      expect(terms!.kl! / (klCoefficient * balancedKl)).toBeCloseTo(1, 5);
      expect(terms!.regularization! / (0.05 * regularization)).toBeCloseTo(1, 5);
    });
  });

  test('that adds a term should change the training, and report the sum as the loss', async () => {
    const [none, own] = [await trained(), await trained(added)];
    expect(own.tensors).not.toEqual(none.tensors);
    for (const { terms, loss } of own.results) {
      expect(Object.keys(terms!)).toEqual(['reconstruction', 'kl', 'regularization', 'brightness']);
      const sum = Object.values(terms!).reduce((a, b) => a + b, 0);
      expect(Math.abs(sum / loss - 1)).toBeLessThan(1e-5);
    }
    // The default numbers are reported as ever.
    const { reconstructionLoss, klPerGroup } = none.results[0]!;
    expect(own.results[0]).toMatchObject({ reconstructionLoss, klPerGroup });
  });

  test('should have the gradient that is computed by hand, and 0 where no term depends on a parameter', async () => {
    const name = 'decoder_constant';
    let values: number[] = [];
    const gradients = await gradientsOf((trainer) => {
      const variable = trainer.model.store.parameter(name);
      tf.tidy(() => variable.assign(tf.reshape(tf.range(0, variable.size), variable.shape)));
      values = Array.from({ length: variable.size }, (_, i) => i);
      return () => ({ half: scalar(tf.mul(0.5, tf.sum(tf.square(variable)))) }); // d/dx x²/2 = x
    });
    expect(gradients.get(name)).toEqual(values);
    for (const [other, gradient] of gradients) {
      if (other !== name) expect([other, gradient.every((value) => value === 0)]).toEqual([other, true]);
    }
  });

  test('should have the gradient of the sum of its terms', async () => {
    const [all, byDefault, own] = [
      await gradientsOf(() => added),
      await gradientsOf(() => undefined),
      await gradientsOf(() => brightness),
    ];
    expect([...own.values()].flat().some((value) => Math.abs(value) > 1e-3)).toBe(true);
    expectSum(all, byDefault, own);
    const twice = await gradientsOf(() => ({ terms }) => ({
      ...terms,
      reconstruction: scalar(tf.mul(2, terms.reconstruction)),
    }));
    expectSum(
      twice,
      byDefault,
      await gradientsOf(() => ({ terms: { reconstruction } }) => ({ reconstruction })),
    );
  });

  test('should see the batch, what the model makes of it, and the epoch', async () => {
    const seen: unknown[] = [];
    await withTrainer(
      ({ images, output, parameters, kl, terms, epoch }) => {
        seen.push(epoch, ...[images, output.mean(), parameters, kl].map(({ shape }) => shape));
        return terms;
      },
      (trainer) => trainer.step(smallBatch(0), 3),
    );
    expect(seen).toEqual([3, [2, 8, 8, 3], [2, 8, 8, 3], [2, 8, 8, 18], [2, 2]]);
  });

  test.each([{ useTensorCheckpoints: true }, ...(testEngine === 'native' ? [{ halfPrecision: true }] : [])])(
    'should train with %j',
    async (training) => {
      const { results } = await trained(added, training);
      expect(results.map(({ applied }) => applied)).toEqual([true, true, true]);
      expect(results[0]!.terms!.brightness).toBeGreaterThan(0);
    },
  );

  test('should leave no tensor from step to step, nor where it throws', async () => {
    let fails = false;
    const loss: LossFunction = (input) => {
      const terms = added(input);
      if (fails) throw new Error('no such term');
      return terms;
    };
    await withTrainer(loss, async (trainer) => {
      await trainer.step(smallBatch(0), 0);
      const { numTensors } = tf.memory();
      for (const number of [1, 2, 3]) await trainer.step(smallBatch(number), 0);
      fails = true;
      await expect(trainer.step(smallBatch(4), 0)).rejects.toThrow('no such term');
      expect(tf.memory().numTensors).toBe(numTensors);
      fails = false;
      expect(await trainer.step(smallBatch(5), 0)).toMatchObject({ applied: true, step: 5 });
    });
  });

  test('whose term is not finite should be named, and change nothing', async () => {
    await withTrainer(
      ({ terms }) => ({ ...terms, wild: scalar(tf.log(tf.scalar(-1))) }),
      async (trainer) => {
        const { tensors } = await trainer.snapshot();
        const result = await trainer.step(smallBatch(0), 0);
        expect(result).toMatchObject({ applied: false, nonFinite: 'wild' });
        expect((await trainer.snapshot()).tensors).toEqual(tensors);
      },
    );
  });

  test.each<[string, (input: Parameters<LossFunction>[0]) => unknown, string]>([
    ['nothing', () => undefined, 'the function must return terms by name, such as { ...terms }, got nothing'],
    ['a promise', async () => ({}), 'got a promise'],
    ['no term', () => ({}), 'the function returned no term; return at least one'],
    ['a number', () => ({ a: 1 }), 'a must be a scalar tensor, got 1; make it with the tf of rx-nvae/model'],
    ['a vector', ({ kl }) => ({ a: kl }), 'a must be a float32 scalar, got float32 of shape [2, 2]'],
    ['integers', () => ({ a: tf.scalar(1, 'int32') }), 'a must be a float32 scalar, got int32 of shape []'],
    ['a name in use', ({ terms }) => ({ loss: terms.kl }), '"loss" is reported by every step already'],
    ['no name', ({ terms }) => ({ 'a/b': terms.kl }), '"a/b" is no name; name the term differently'],
  ])('that returns %s should be refused', async (_, loss, message) => {
    await withTrainer(loss as LossFunction, async (trainer) => {
      const step = trainer.step(smallBatch(0), 0);
      await expect(step).rejects.toThrow(message);
      await expect(step).rejects.toBeInstanceOf(TypeError);
      expect(trainer.position.step).toBe(0);
    });
  });

  test('that is none should be refused before anything is made', async () => {
    const loss = { colour: 1 } as unknown as LossFunction;
    await expect(Trainer.create(smallConfig(), { loss })).rejects.toThrow(
      'trainer: loss must be a function, got {"colour":1}',
    );
  });
});
