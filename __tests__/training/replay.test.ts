/** A replayed step computes what tfjs would, bit for bit, whatever the configuration, and is recorded anew when something changes. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ModelConfig, TrainingConfig } from '../../src/config/types.js';
import { BufferPool } from '../../src/engine/native/bufferPool.js';
import { nativeBackend } from '../../src/engine/native/inUse.js';
import { withoutReplays } from '../../src/engine/replays.js';
import * as tf from '../../src/engine/tf.js';
import type { LossFunction } from '../../src/training/lossFunction.js';
import { type StepResult, Trainer, type TrainerOptions } from '../../src/training/trainer.js';
import { testEngine, useTestEngine } from '../support/engine.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

useTestEngine();

let replayed = 0;

/** Counts replays, and makes idle memory NaN, so that a replay that leaves something out cannot get it right by chance. */
beforeEach(() => {
  const backend = nativeBackend();
  if (!backend) return;
  replayed = 0;
  const run = backend.addon.runProgram;
  jest.spyOn(backend.addon, 'runProgram').mockImplementation((program) => {
    replayed += 1;
    run(program);
  });
  const give = BufferPool.prototype.give;
  jest.spyOn(BufferPool.prototype, 'give').mockImplementation(function (this: BufferPool, block) {
    new Uint8Array(block.buffer, block.offset, block.bytes).fill(255);
    give.call(this, block);
  });
});

afterEach(() => {
  jest.restoreAllMocks();
});

type Work = (trainer: Trainer, step: (epoch?: number, images?: number) => Promise<void>) => Promise<void>;

interface Changes {
  readonly model?: Partial<ModelConfig>;
  readonly training?: Partial<TrainingConfig>;
  readonly options?: TrainerOptions;
}

/** Everything that steps returned, and all tensors at the end. */
async function resultsOf({ model, training, options }: Changes, work: Work) {
  const config = smallConfig(model, training);
  await using trainer = await Trainer.create(config, options);
  const steps: Omit<StepResult, 'seconds'>[] = [];
  const { inputDimension, imageChannels } = config.model;
  await work(trainer, async (epoch = 1, images = 5) => {
    const batch = smallBatch(steps.length, images, inputDimension, imageChannels);
    const { seconds: _, ...result } = await trainer.step(batch, epoch);
    steps.push(result);
  });
  return { steps, ...(await trainer.snapshot()) };
}

/** Compares a run with replays and one without, and checks the number of replays, which other engines do not have. */
async function compare(changes: Changes, replays: number, work: Work): Promise<void> {
  const withReplays = await resultsOf(changes, work);
  expect(replayed).toBe(nativeBackend() ? replays : 0);
  const without = await withoutReplays(() => resultsOf(changes, work));
  expect(withReplays).toEqual(without);
}

const several: Work = async (_, step) => {
  for (let i = 0; i < 6; i++) await step();
};

const augmentation = { ...smallConfig().training.augmentation, binarize: 'threshold' } as const;

/** Two steps are recorded before the first replay. */
describe('a replayed step should have the same bits', () => {
  test.each<[string, Changes]>([
    ['with the defaults', {}],
    ['after the KL warm-up', { training: { warmupEpochs: 0 } }],
    ['with balancing by size', { training: { klBalancing: 'size' } }],
    ['with tensor checkpoints', { training: { useTensorCheckpoints: true } }],
    ['with an average of the weights', { training: { emaDecay: 0.9 } }],
    ['without regularisation', { training: { regularizationConstant: 0 } }],
    ['with clipping and a warm-up', { training: { gradientClipping: 10, learningRateWarmupSteps: 9 } }],
    ['with images of an odd size', { model: { inputDimension: 7 } }],
    [
      'with binary images',
      { model: { imageChannels: 1, samplingMethod: 'bernoulli' }, training: { augmentation } },
    ],
    ['with a normal distribution', { model: { samplingMethod: 'gaussian' } }],
    ['with a mixture of normal distributions', { model: { samplingMethod: 'gaussian_mixture' } }],
    ['with joint, normalised colours', { model: { jointColours: true, normalizedLikelihood: true } }],
    ['with fixed flows', { model: { fixedFlows: true, flowWeightNorm: true, numFlows: 2 } }],
    ['without flows', { model: { numFlows: 0 } }],
  ])('%s', (_name, changes) => compare(changes, 4, several));

  const onNative = testEngine === 'native' ? test : test.skip;
  onNative('in half precision', () => compare({ training: { halfPrecision: true } }, 4, several));

  test('with power iterations, whose first step has more of them', () =>
    compare({ training: { spectralRegularization: 'power_iteration' } }, 3, several));

  test('with parts of a batch, the last of them smaller', () =>
    compare({ training: { batchSize: 5, accumulationSteps: 3 } }, 3 * 4, several));

  test('between samples, measurements and snapshots', () =>
    compare({ training: { emaDecay: 0.9 } }, 4, async (trainer, step) => {
      for (let i = 0; i < 6; i++) {
        await step();
        await trainer.sampleImages(3, 0.7, { iterations: 1 });
        await trainer.evaluate({ ...smallBatch(i), names: ['a', 'b'] });
        await trainer.snapshot();
      }
    }));
});

describe('a step should be recorded anew', () => {
  test('when the number of images changes, and replayed when it changes back', () =>
    compare({}, 2 + 2 + 1, async (_, step) => {
      for (const images of [5, 5, 5, 5, 3, 3, 3, 3, 5]) await step(1, images);
    }));

  test('when the KL warm-up ends, but not when its weight grows', () =>
    compare({ training: { warmupEpochs: 4 } }, 2 + 1, async (_, step) => {
      for (const epoch of [1, 1, 2, 3, 4, 5, 6]) await step(epoch);
    }));

  test('when weights are loaded', () =>
    compare({}, 2 + 1, async (trainer, step) => {
      for (let i = 0; i < 4; i++) await step();
      await trainer.restore(await trainer.snapshot());
      for (let i = 0; i < 3; i++) await step();
    }));

  test('when idle memory was freed', () =>
    compare({}, 2 + 1, async (_, step) => {
      for (let i = 0; i < 4; i++) await step();
      nativeBackend()?.trimPool();
      for (let i = 0; i < 2; i++) await step();
    }));

  test('when its memory is in use', () =>
    compare({}, 2, async (_, step) => {
      for (let i = 0; i < 4; i++) await step();
      const mine = Array.from({ length: 40 }, (_, i) => tf.fill([64 * i], i));
      await step();
      tf.dispose(mine);
    }));
});

test('a step that is not applied should be replayed, too, and change nothing', () =>
  compare({}, 2 + 3, async (trainer, step) => {
    for (let i = 0; i < 4; i++) await step();
    const { tensors } = await trainer.snapshot();
    const broken = new Map(tensors);
    const [name, first] = [...tensors].find(([key]) => key.endsWith('.bias')) ?? [];
    if (!name || !first) throw new Error('expected a bias');
    broken.set(name, { ...first, data: Float32Array.from(first.data, () => Number.NaN) });
    await trainer.loadWeights(broken);
    for (let i = 0; i < 4; i++) await step();
  }));

test('a loss function should see every step', async () => {
  let calls = 0;
  const loss: LossFunction = ({ terms }) => {
    calls += 1;
    return { ...terms, calls: tf.mul(terms.reconstruction, calls) as tf.Scalar };
  };
  await compare({ options: { loss } }, 0, async (_, step) => {
    calls = 0;
    await several(_, step);
    expect(calls).toBe(6);
  });
});

test('replays should leave no tensor, and allocate nothing', async () => {
  await using trainer = await Trainer.create(smallConfig());
  const step = (i: number) => trainer.step(smallBatch(i), 1);
  for (let i = 0; i < 4; i++) await step(i);
  const before = [tf.memory().numTensors, nativeBackend()?.poolStatistics()];
  for (let i = 4; i < 8; i++) await step(i);
  expect([tf.memory().numTensors, nativeBackend()?.poolStatistics()]).toEqual(before);
});
