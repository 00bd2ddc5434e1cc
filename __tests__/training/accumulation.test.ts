/** Steps that work through their batch in parts, against sums over the parts that are made by hand. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { imageAt, joinImages } from '../../src/base/imageBatches.js';
import type { ImageBatch, NamedTensors } from '../../src/base/plainData.js';
import type { TrainingConfig } from '../../src/config/types.js';
import * as tf from '../../src/engine/tf.js';
import { imagesToTensor } from '../../src/model/imageTensors.js';
import { BatchStatistics } from '../../src/model/pass.js';
import { keyedNoise, type Noise } from '../../src/model/random.js';
import { accumulateGradients, type BatchPart } from '../../src/training/accumulateGradients.js';
import { computeGradients } from '../../src/training/gradients.js';
import type { LossFunction } from '../../src/training/lossFunction.js';
import { type StepResult, Trainer } from '../../src/training/trainer.js';
import { testEngine, useTestEngine } from '../support/engine.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

useTestEngine();

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

/** Images that differ from each other, unlike neighbours of `smallBatch`. */
const images = (count: number): ImageBatch =>
  joinImages(Array.from({ length: count }, (_, i) => imageAt(smallBatch(7 * i * i), 0)));
const slice = (batch: ImageBatch, first: number, end: number) =>
  joinImages(Array.from({ length: end - first }, (_, i) => imageAt(batch, first + i)));

async function withTrainer<T>(
  training: Partial<TrainingConfig>,
  use: (trainer: Trainer) => Promise<T>,
  loss?: LossFunction,
): Promise<T> {
  const config = smallConfig({}, { batchSize: 8, ...training });
  const trainer = await Trainer.create(config, { seed: 1, ...(loss && { loss }) });
  try {
    return await use(trainer);
  } finally {
    await trainer.dispose();
  }
}

/** The noise of the whole batch, drawn whole and cut. */
function cut(whole: Noise, count: number, first: number): Noise {
  return {
    ...whole,
    normal: (draw, [size, ...image]) => {
      const all = whole.normal(draw, [count, ...image]);
      const part = tf.slice(all, [first, ...image.map(() => 0)], [size ?? 0, ...image]);
      all.dispose();
      return part;
    },
  };
}

type Values = Map<string, Float64Array>;

async function add(sum: Values, gradients: ReadonlyMap<string, tf.Tensor>, factor: number): Promise<void> {
  for (const [name, tensor] of gradients) {
    const values = await tensor.data();
    const total = sum.get(name) ?? new Float64Array(values.length);
    values.forEach((value, i) => {
      total[i] = (total[i] ?? 0) + factor * value;
    });
    sum.set(name, total);
  }
}

const norm = (values: Values) => Math.hypot(...[...values.values()].map((each) => Math.hypot(...each)));

/** Largest difference, in units of the largest value. */
function difference(expected: ArrayLike<number>, got: ArrayLike<number>): number {
  expect(got).toHaveLength(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs), 1e-3);
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - (got[i] ?? Number.NaN)))) / scale;
}

/** The gradients of a first step, as its first momentum has them: (1 - beta1) times the gradient, in our order of axes. */
async function firstGradients(trainer: Trainer, result: StepResult, tensors: NamedTensors): Promise<Values> {
  expect(result.applied).toBe(true);
  const values: Values = new Map();
  for (const name of trainer.model.store.parameters.keys()) {
    const data = tensors.get(`adamax.momentum.${name}`)?.data ?? [];
    values.set(
      name,
      Float64Array.from(data, (value) => value / 0.1 / result.clipFactor),
    );
  }
  return values;
}

describe('a step in parts', () => {
  test('should have the gradients and numbers of a slow sum over the parts, the regularisation counted once', async () => {
    const batch = images(5); // parts of 2, 2 and 1
    const parts = [
      [0, 2],
      [2, 4],
      [4, 5],
    ] as const;
    await withTrainer({ accumulationSteps: 3, weightDecay: 0 }, async (trainer) => {
      const { model, config } = trainer;
      const noise = keyedNoise(1, 'step', 0);
      const sum: Values = new Map();
      const expected = {
        loss: 0,
        reconstructionLoss: 0,
        balancedKl: 0,
        klPerGroup: [0, 0],
        regularization: 0,
      };
      const training = { ...config.training, regularizationConstant: 0 };
      for (const [first, end] of parts) {
        const share = (end - first) / 5;
        const tensor = imagesToTensor(slice(batch, first, end), 8);
        const pass = computeGradients(model, tensor, { noise: cut(noise, 5, first), epoch: 1, training });
        await add(sum, pass.gradients, share);
        const terms = await pass.readTerms();
        expected.loss += share * terms.loss;
        expected.reconstructionLoss += share * terms.reconstructionLoss;
        expected.balancedKl += share * terms.balancedKl;
        expected.klPerGroup = expected.klPerGroup.map((kl, i) => kl + share * (terms.klPerGroup[i] ?? 0));
        pass.dispose();
        tensor.dispose();
      }
      const tensor = imagesToTensor(slice(batch, 0, 2), 8);
      const loss: LossFunction = ({ terms: { regularization } }) => ({ regularization });
      const penalty = computeGradients(model, tensor, { noise, epoch: 1, training: config.training, loss });
      await add(sum, penalty.gradients, 1);
      const { loss: penalized, regularization } = await penalty.readTerms();
      expected.loss += penalized;
      expected.regularization = regularization;
      penalty.dispose();
      tensor.dispose();
      expect(penalized).toBeGreaterThan(1e-3 * expected.loss);

      const result = await trainer.step(batch, 1);
      for (const key of ['loss', 'reconstructionLoss', 'balancedKl', 'regularization'] as const)
        expect([key, difference([expected[key]], [result[key]]) < 1e-5]).toEqual([key, true]);
      expect(difference(expected.klPerGroup, result.klPerGroup)).toBeLessThan(1e-5);
      expect(result.gradientNorm / norm(sum)).toBeCloseTo(1, 4);
      expect(result).toMatchObject({ batchSize: 5, imagesSeen: 5, step: 1 });

      const gradients = new Map(
        [...sum].map(([name, values]) => [
          name,
          tf.tensor(Float32Array.from(values), model.store.parameter(name).shape),
        ]),
      );
      const inOrder = await model.store.parameterTensors(gradients);
      tf.dispose([...gradients.values()]);
      const got = await firstGradients(trainer, result, (await trainer.snapshot()).tensors);
      for (const [name, { data }] of inOrder)
        expect([name, difference(data, got.get(name) ?? []) < 2e-3]).toEqual([name, true]);
    });
  });

  test('should be that of one part if all parts are the same, with the same noise', async () => {
    await withTrainer({}, async ({ model, config }) => {
      const part = (): BatchPart => ({
        count: 2,
        images: () => imagesToTensor(images(2), 8),
        noise: keyedNoise(1, 'step', 0),
      });
      const options = { epoch: 1, training: config.training };
      const one = await accumulateGradients(model, [part()], options);
      const four = await accumulateGradients(model, [part(), part(), part(), part()], options);
      const [once, fourTimes] = [await one.readTerms(), await four.readTerms()];
      expect(fourTimes.klPerGroup.length).toBe(2);
      for (const key of [
        'loss',
        'gradientNorm',
        'reconstructionLoss',
        'balancedKl',
        'regularization',
      ] as const)
        expect([key, difference([once[key]], [fourTimes[key]]) < 1e-5]).toEqual([key, true]);
      for (const [i, tensor] of one.packed.entries())
        expect(difference(await tensor.data(), (await four.packed[i]?.data()) ?? [])).toBeLessThan(1e-4);
      one.dispose();
      four.dispose();
    });
  });

  test('should give the same numbers for any number of parts where no batch statistics matter', async () => {
    // Per image: a colour of its own times a term in a parameter, which nothing normalises.
    const loss =
      (trainer: () => Trainer): LossFunction =>
      ({ images }) => {
        const constant = tf.sum(tf.square(trainer().model.store.parameter('decoder_constant')));
        return { own: tf.mean(tf.mul(tf.mean(images, [1, 2, 3]), constant)) as tf.Scalar };
      };
    const results: StepResult[] = [];
    for (const accumulationSteps of [1, 2, 3, 8]) {
      let trainer: Trainer | undefined;
      const step = async (created: Trainer) => {
        trainer = created;
        results.push(await created.step(images(7), 1));
      };
      await withTrainer(
        { accumulationSteps },
        step,
        loss(() => trainer as Trainer),
      );
    }
    const [whole, ...inParts] = results as [StepResult, ...StepResult[]];
    for (const result of inParts) {
      expect(difference([whole.loss, whole.gradientNorm], [result.loss, result.gradientNorm])).toBeLessThan(
        1e-5,
      );
      expect(result.terms?.own).toBe(result.loss);
      expect(result.regularization / whole.regularization).toBeCloseTo(1, 5);
    }
  });

  test('should move the batch-norm averages part by part, in order, and count each', async () => {
    const batch = images(4);
    const runningMeans = async (trainer: Trainer) => (await trainer.snapshot()).tensors;
    const averages = (tensors: NamedTensors) =>
      [...tensors].filter(([key]) => key.endsWith('running_mean') || key.endsWith('running_var'));
    const start = new Map<string, number[]>();
    // What each part alone makes of the averages at the start: 0.95 * start + 0.05 * its own.
    const alone = async (first: number, end: number) =>
      withTrainer({}, async (trainer) => {
        for (const [key, { data }] of averages(await runningMeans(trainer))) start.set(key, [...data]);
        const statistics = new BatchStatistics();
        const tensor = imagesToTensor(slice(batch, first, end), 8);
        const noise = cut(keyedNoise(1, 'step', 0), 4, first);
        tf.dispose(Object.values(trainer.model.forward(tensor, noise, 'train', { statistics })));
        statistics.commit(trainer.model.store);
        tensor.dispose();
        return averages(await runningMeans(trainer));
      });
    const [first, second] = [new Map(await alone(0, 2)), new Map(await alone(2, 4))];
    await withTrainer({ accumulationSteps: 2 }, async (trainer) => {
      await trainer.step(batch, 1);
      const tensors = await runningMeans(trainer);
      for (const [key, { data }] of averages(tensors)) {
        const expected = Array.from(data, (_, i) => {
          const [s, a, b] = [
            start.get(key)?.[i] ?? 0,
            first.get(key)?.data[i] ?? 0,
            second.get(key)?.data[i] ?? 0,
          ];
          return 0.95 * a + (b - 0.95 * s);
        });
        expect([key, difference(expected, data) < 1e-4]).toEqual([key, true]);
      }
      const counters = [...tensors].filter(([key]) => key.endsWith('num_batches_tracked'));
      expect(new Set(counters.map(([, { data }]) => data[0]))).toEqual(new Set([2]));
    });
  });

  test('should clip the gradients of the whole batch', async () => {
    const step = (gradientClipping: number | null) =>
      withTrainer({ accumulationSteps: 4, gradientClipping, weightDecay: 0 }, async (trainer) => {
        const result = await trainer.step(images(4), 1);
        const clipped = await firstGradients(
          trainer,
          { ...result, clipFactor: 1 },
          (await trainer.snapshot()).tensors,
        );
        return { ...result, clipped: norm(clipped) };
      });
    const { gradientNorm, clipped } = await step(null);
    expect(clipped / gradientNorm).toBeCloseTo(1, 4);
    const limited = await step(gradientNorm / 3);
    expect(limited).toMatchObject({ gradientNorm, clipFactor: expect.closeTo(1 / 3, 5) });
    expect(limited.clipped / (gradientNorm / 3)).toBeCloseTo(1, 4);
  });

  test('should have no more parts than images, and go through a batch of one', async () => {
    const seen: number[] = [];
    const loss: LossFunction = ({ images: { shape }, terms }) => {
      seen.push(shape[0]);
      return terms;
    };
    await withTrainer(
      { accumulationSteps: 4 },
      async (trainer) => {
        expect(await trainer.step(images(3), 1)).toMatchObject({ applied: true, batchSize: 3 });
        expect(await trainer.step(images(1), 1)).toMatchObject({ applied: true, batchSize: 1 });
        await trainer.step(images(6), 1);
      },
      loss,
    );
    expect(seen).toEqual([1, 1, 1, 1, 2, 2, 1, 1]);
  });

  test('should refuse images of another size, in the words of the whole batch', async () => {
    await withTrainer({ accumulationSteps: 2 }, async (trainer) => {
      const short = { ...images(4), pixels: images(4).pixels.slice(1) };
      const message = 'images: expected [batch, 8, 8, 3] with 768 bytes, got [4, 8, 8, 3] with 767 bytes';
      await expect(trainer.step(short, 0)).rejects.toThrow(message);
      await expect(trainer.step({ pixels: new Uint8Array(), shape: [0, 8, 8, 3] }, 0)).rejects.toThrow(
        'images',
      );
      expect(trainer.position.step).toBe(0);
    });
  });
});

describe('a step in parts with a loss function', () => {
  test('should average its terms by the shares of the parts, and report them', async () => {
    const loss: LossFunction = ({ images, terms }) => ({ ...terms, count: tf.scalar(images.shape[0]) });
    const step = (own?: LossFunction) =>
      withTrainer({ accumulationSteps: 2 }, (trainer) => trainer.step(images(5), 1), own);
    const [plain, { terms, ...result }] = [await step(), await step(loss)];
    expect(terms?.count).toBeCloseTo((3 * 3 + 2 * 2) / 5, 5);
    expect(
      difference([plain.loss + 2.6, plain.gradientNorm], [result.loss, result.gradientNorm]),
    ).toBeLessThan(1e-5);
    expect(difference([plain.regularization], [result.regularization])).toBeLessThan(1e-5);
    expect(difference([0.05 * plain.regularization], [terms?.regularization ?? 0])).toBeLessThan(1e-5);
  });

  test.each<[string, LossFunction, object]>([
    ['is not finite', ({ terms }) => ({ ...terms, wild: tf.scalar(Number.NaN) }), { nonFinite: 'wild' }],
    ['has no gradient', () => ({ none: tf.scalar(1) }), { zero: 'gradientNorm' }],
  ])('that %s in one part should change nothing at all', async (_, wrong, expected) => {
    let part = 0;
    const loss: LossFunction = (input) => {
      part += 1;
      const isWrong = 'zero' in expected || part === 2;
      return isWrong ? wrong(input) : { ...input.terms, wild: tf.scalar(0) };
    };
    await withTrainer(
      { accumulationSteps: 3, spectralRegularization: 'power_iteration' },
      async (trainer) => {
        const { tensors, state } = await trainer.snapshot();
        expect(await trainer.step(images(6), 1)).toMatchObject({ applied: false, step: 1, ...expected });
        const after = await trainer.snapshot();
        expect(after.tensors).toEqual(tensors);
        expect(after.state.optimizerUpdates).toBe(state.optimizerUpdates);
      },
      loss,
    );
  });

  test.each<[string, LossFunction, string]>([
    [
      'throws',
      () => {
        throw new Error('no such term');
      },
      'no such term',
    ],
    [
      'returns other terms',
      ({ terms: { kl } }) => ({ kl }),
      'loss: the function must return the same terms for every part of a batch, got kl after reconstruction, kl, regularization',
    ],
  ])('that %s in the last part should leave nothing behind', async (_, wrong, message) => {
    let part = 0;
    const loss: LossFunction = (input) => {
      part += 1;
      return part === 3 ? wrong(input) : input.terms;
    };
    await withTrainer(
      { accumulationSteps: 3, spectralRegularization: 'power_iteration' },
      async (trainer) => {
        const { tensors } = await trainer.snapshot();
        const { numTensors } = tf.memory();
        await expect(trainer.step(images(6), 1)).rejects.toThrow(message);
        expect(tf.memory().numTensors).toBe(numTensors);
        expect(trainer.position.step).toBe(0);
        expect((await trainer.snapshot()).tensors).toEqual(tensors);
        expect(await trainer.step(images(6), 1)).toMatchObject({ applied: true, step: 1 });
      },
      loss,
    );
  });
});

test.each([{ useTensorCheckpoints: true }, ...(testEngine === 'native' ? [{ halfPrecision: true }] : [])])(
  'parts should go with %j, and leave no tensor from step to step',
  async (training) => {
    const plain = await withTrainer({ accumulationSteps: 2 }, (trainer) => trainer.step(images(4), 1));
    await withTrainer({ accumulationSteps: 2, ...training }, async (trainer) => {
      const result = await trainer.step(images(4), 1);
      // Half precision rounds in the forward pass, too.
      const allowed = 'halfPrecision' in training ? 1e-3 : 0;
      expect(Math.abs(result.loss / plain.loss - 1)).toBeLessThanOrEqual(allowed);
      expect(Math.abs(result.gradientNorm / plain.gradientNorm - 1)).toBeLessThan(1e-2);
      const { numTensors } = tf.memory();
      for (const count of [4, 3, 1]) await trainer.step(images(count), 1);
      expect(tf.memory().numTensors).toBe(numTensors);
    });
  },
);

test('a run in parts should resume bit for bit, also within the warm-up of the learning rate', async () => {
  const training = {
    accumulationSteps: 2,
    spectralRegularization: 'power_iteration' as const,
    emaDecay: 0.9,
    learningRateWarmupSteps: 3,
    learningRateSchedule: 'linear' as const,
  };
  const steps = async (trainer: Trainer, numbers: number[]) => {
    const results: object[] = [];
    for (const number of numbers) {
      const { seconds: _, ...result } = await trainer.step(smallBatch(number, 4), 4);
      results.push(result);
    }
    return results;
  };
  await withTrainer(training, (whole) =>
    withTrainer(training, async (resumed) => {
      await steps(whole, [1]);
      await resumed.restore(await whole.snapshot());
      expect(await steps(resumed, [2, 3, 4])).toEqual(await steps(whole, [2, 3, 4]));
      expect((await resumed.snapshot()).tensors).toEqual((await whole.snapshot()).tensors);
    }),
  );
});

test('accumulation_steps should need the memory of one part', async () => {
  const peak = (accumulationSteps: number, count: number) =>
    withTrainer({ accumulationSteps }, async (trainer) => {
      const { peakBytes } = await tf.profile(async () => {
        await trainer.step(images(count), 0);
        return [];
      });
      return peakBytes;
    });
  const [whole, inParts, part] = [await peak(1, 8), await peak(8, 8), await peak(1, 1)];
  expect(inParts / whole).toBeLessThan(0.6);
  expect(inParts / part).toBeLessThan(1.5);
});
