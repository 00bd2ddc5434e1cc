import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/checkpoint/snapshot.js';
import * as tf from '../../src/engine/tf.js';
import type { StepResult } from '../../src/training/trainer.js';
import { Trainer } from '../../src/training/trainer.js';
import { useTestEngine } from '../support/engine.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

useTestEngine();

const config = smallConfig();
let trainer: Trainer;
let tensorsBefore = 0;

beforeEach(async () => {
  tensorsBefore = tf.memory().numTensors;
  trainer = await Trainer.create(config);
});

afterEach(async () => {
  await trainer.dispose();
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

/** All that a step's result says, without the time it took. */
const timeless = ({ seconds: _, ...result }: StepResult) => result;
const run = async (from: Trainer, numbers: number[], epoch = 0) => {
  const results: object[] = [];
  for (const number of numbers) results.push(timeless(await from.step(smallBatch(number), epoch)));
  return results;
};

describe('step', () => {
  test('lowers the loss, in plain numbers that add up', async () => {
    const first = await trainer.step(smallBatch(0), 3);
    for (let i = 0; i < 15; i += 1) await trainer.step(smallBatch(0), 3);
    const last = await trainer.step(smallBatch(0), 3);
    expect(last.loss).toBeLessThan(first.loss);
    expect(last.klPerGroup).toHaveLength(2);
    expect(last.kl).toBeCloseTo(
      last.klPerGroup.reduce((a, b) => a + b, 0),
      6,
    );
    const parts = last.reconstructionLoss + last.klCoefficient * last.balancedKl + 0.05 * last.regularization;
    expect(Math.abs(parts / last.loss - 1)).toBeLessThan(1e-5);
    expect(last).toMatchObject({ step: 17, epoch: 3, batchInEpoch: 17, imagesSeen: 34, applied: true });
  });

  test('leaves as many tensors as it found', async () => {
    await trainer.step(smallBatch(0), 0);
    const before = tf.memory().numTensors;
    await run(trainer, [1, 2, 3]);
    await trainer.sampleImages(2, 0.8, { iterations: 2 });
    await trainer.reconstruct(smallBatch(1));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('the same seed gives the same bits, another seed others', async () => {
    const same = await Trainer.create(config);
    const other = await Trainer.create(config, { seed: 2 });
    const results = await run(trainer, [0, 1, 2]);
    expect(await run(same, [0, 1, 2])).toEqual(results);
    expect(await run(other, [0, 1, 2])).not.toEqual(results);
    expect((await same.snapshot()).tensors).toEqual((await trainer.snapshot()).tensors);
    await Promise.all([same.dispose(), other.dispose()]);
  });

  test('a batch of other images is refused and changes nothing', async () => {
    await expect(trainer.step(smallBatch(0, 2, 16), 0)).rejects.toThrow('images: expected [batch, 8, 8, 3]');
    expect(trainer.position.step).toBe(0);
  });

  test('counts batches from 0 again in a new epoch', async () => {
    await run(trainer, [0, 1], 0);
    await run(trainer, [2], 1);
    expect(trainer.position).toEqual({ epoch: 1, batchInEpoch: 1, step: 3, imagesSeen: 6 });
  });
});

test('use_tensor_checkpoints changes what is kept, not what a step does', async () => {
  const saving = await Trainer.create(smallConfig({}, { useTensorCheckpoints: true }));
  const [kept, again] = [await trainer.step(smallBatch(0), 1), await saving.step(smallBatch(0), 1)];
  expect(again.loss).toBe(kept.loss);
  expect(again.klPerGroup).toEqual(kept.klPerGroup);
  // A gradient that comes from several places is summed in another order.
  expect(Math.abs(again.gradientNorm / kept.gradientNorm - 1)).toBeLessThan(1e-6);
  const [expected, given] = [await trainer.snapshot(), await saving.snapshot()];
  for (const [name, { data }] of expected.tensors) {
    if (name.includes('running') || name.includes('num_batches'))
      expect(given.tensors.get(name)?.data).toEqual(data);
    const scale = Math.max(...Array.from(data, Math.abs), 1e-3);
    const other = given.tensors.get(name)?.data ?? [];
    expect(
      Math.max(...Array.from(data, (value, i) => Math.abs(value - (other[i] ?? 0)))) / scale,
    ).toBeLessThan(1e-4);
  }
  const before = tf.memory().numTensors;
  await run(saving, [3, 4]);
  expect(tf.memory().numTensors).toBe(before);
  await saving.dispose();
});

describe('evaluate', () => {
  const named = (number: number) => ({ ...smallBatch(number), names: [`a${number}`, `b${number}`] });

  test('measures the same for the same weights, and leaves the next steps bit for bit as they were', async () => {
    await using other = await Trainer.create(config);
    await run(trainer, [0, 1]);
    await run(other, [0, 1]);
    const first = await trainer.evaluate(named(5));
    expect(await trainer.evaluate(named(5))).toEqual(first);
    expect(first.negativeElboMass).toHaveLength(2);
    expect(await run(trainer, [2, 3])).toEqual(await run(other, [2, 3]));
    expect((await trainer.snapshot()).tensors).toEqual((await other.snapshot()).tensors);
    expect(await trainer.evaluate(named(5))).not.toEqual(first);
  });

  test('measures an image the same in any batch', async () => {
    await run(trainer, [0, 1]);
    const { pixels, shape, names } = named(5);
    const both = await trainer.evaluate({ pixels, shape, names });
    const second = { pixels: pixels.slice(pixels.length / 2), shape: [1, 8, 8, 3] as const, names: ['b5'] };
    const alone = await trainer.evaluate(second);
    expect(alone.negativeElboMass[0]! / both.negativeElboMass[1]!).toBeCloseTo(1, 4);
    await expect(trainer.evaluate({ ...second, names: [] })).rejects.toThrow('keys must be one per image');
  });
});

describe('a step that is not finite', () => {
  test.each([
    ['decoder_constant', 'reconstructionLoss'],
    ['to_distribution_conv.1.bias', 'reconstructionLoss'],
  ])('because of %s is named and changes nothing but the position', async (parameter, term) => {
    await trainer.step(smallBatch(0), 0);
    const variable = trainer.model.store.parameter(parameter);
    tf.tidy(() => variable.assign(tf.fill(variable.shape, Number.NaN)));
    const before = await trainer.snapshot();
    const result = await trainer.step(smallBatch(1), 0);
    const after = await trainer.snapshot();
    expect(result).toMatchObject({ applied: false, nonFinite: term, step: 2 });
    expect(after.tensors).toEqual(before.tensors);
    expect(after.state.optimizerUpdates).toBe(1);
  });
});

describe('a step on an engine that leaves zeros', () => {
  const zeros = ({ inputs }: Parameters<tf.KernelFunc>[0]) => tf.zeros(Object.values(inputs)[0]!.shape);

  test.each([
    ['loss', tf.AddN, zeros],
    ['gradientNorm', 'GlobalNorm', () => tf.scalar(0)],
  ])('in place of the %s is named and changes nothing but the position', async (term, kernelName, broken) => {
    await trainer.step(smallBatch(0), 0);
    const before = await trainer.snapshot();
    const original = tf.getKernel(kernelName, tf.getBackend());
    tf.unregisterKernel(kernelName, original.backendName);
    tf.registerKernel({ ...original, kernelFunc: broken });
    try {
      const result = await trainer.step(smallBatch(1), 0);
      expect(result).toMatchObject({ applied: false, nonFinite: null, zero: term, step: 2 });
    } finally {
      tf.unregisterKernel(kernelName, original.backendName);
      tf.registerKernel(original);
    }
    expect((await trainer.snapshot()).tensors).toEqual(before.tensors);
    expect(await trainer.step(smallBatch(2), 0)).toMatchObject({ applied: true, zero: null });
  });

  test('terms that may be 0 are no reason: no regularisation, no KL in the first epoch', async () => {
    const bare = await Trainer.create(smallConfig({}, { regularizationConstant: 0, warmupEpochs: 2 }));
    const result = await bare.step(smallBatch(0), 0);
    await bare.dispose();
    expect(result).toMatchObject({ applied: true, zero: null, regularization: 0, klCoefficient: 0 });
  });
});

describe('snapshot and restore', () => {
  test('a run that goes on from a snapshot is the same as one that never stopped', async () => {
    await run(trainer, [0, 1]);
    const snapshot: Snapshot = await trainer.snapshot();
    const results = await run(trainer, [2, 3], 1);
    const resumed = await Trainer.create(config, { seed: 99 });
    await resumed.restore({ ...snapshot, state: JSON.parse(JSON.stringify(snapshot.state)) });
    expect(await run(resumed, [2, 3], 1)).toEqual(results);
    expect(await resumed.snapshot()).toEqual(await trainer.snapshot());
    await resumed.dispose();
  });

  test('a snapshot shows the state after the steps asked for before it', async () => {
    const first = trainer.step(smallBatch(0), 0);
    const snapshot = trainer.snapshot();
    const second = trainer.step(smallBatch(1), 0);
    expect((await snapshot).state.position.step).toBe(1);
    await Promise.all([first, second]);
    expect(trainer.position.step).toBe(2);
  });

  test('an incomplete snapshot is refused and changes nothing', async () => {
    await run(trainer, [0]);
    const before = await trainer.snapshot();
    const incomplete = new Map(before.tensors);
    incomplete.delete('adamax.maximum.decoder_constant');
    await run(trainer, [1]);
    const now = await trainer.snapshot();
    await expect(trainer.restore({ ...before, tensors: incomplete })).rejects.toThrow(
      'adamax.maximum.decoder_constant: expected float32',
    );
    expect(await trainer.snapshot()).toEqual(now);
  });
});

describe('loadWeights', () => {
  test('should replace the weights that are given, and nothing else', async () => {
    await run(trainer, [0, 1]);
    const { tensors } = await trainer.snapshot();
    const other = await Trainer.create(config, { seed: 99 });
    await run(other, [2]);
    const before = await other.snapshot();
    const given = new Map([...tensors].filter(([name]) => name.startsWith('encoder')));
    expect(given.size).toBeGreaterThan(0);
    await other.loadWeights(given);
    const after = await other.snapshot();
    expect(after.state).toEqual(before.state);
    expect(after.tensors).toEqual(new Map([...before.tensors, ...given]));
    await other.dispose();
  });

  test('should change nothing where one has another shape', async () => {
    const before = await trainer.snapshot();
    const [first = ''] = before.tensors.keys();
    const last = [...before.tensors.keys()].filter((name) => !name.startsWith('adamax.')).at(-2) ?? '';
    const wrong = { dtype: 'float32', shape: [99], data: new Float32Array(99) } as const;
    const values = before.tensors.get(first);
    const other = { ...values, data: Float32Array.from(values?.data ?? [], () => 7) } as typeof wrong;
    const tensors = new Map([
      [first, other],
      [last.replace(/[^.]*$/, 'running_var'), wrong],
    ]);
    await expect(trainer.loadWeights(tensors)).rejects.toThrow(RangeError);
    expect(await trainer.snapshot()).toEqual(before);
  });
});

describe('images', () => {
  test('sampling does not move the run', async () => {
    await run(trainer, [0]);
    const before = await trainer.snapshot();
    const images = await trainer.sampleImages(3, 0.7, { iterations: 2 });
    expect(images.shape).toEqual([3, 8, 8, 3]);
    expect(await trainer.snapshot()).toEqual(before);
    expect(await trainer.sampleImages(3, 0.7, { iterations: 2 })).toEqual(images);
    expect(await trainer.sampleImages(3, 0.7, { iterations: 2, draw: 1 })).not.toEqual(images);
  });

  test('reconstructions keep the order and number of the images', async () => {
    expect((await trainer.reconstruct(smallBatch(0, 3))).shape).toEqual([3, 8, 8, 3]);
  });
});

describe('numbers that make no sense', () => {
  // A checkpoint keeps the seed; one of NaN or 0.5 could not be read back.
  test.each([Number.NaN, 0.5, Number.POSITIVE_INFINITY])('the seed %d is refused', async (seed) => {
    const message = `seed must be an integer, got ${seed}`;
    await expect(Trainer.create(config, { seed })).rejects.toThrow(`trainer: ${message}`);
    await expect(trainer.sampleImages(1, 0.7, { seed })).rejects.toThrow(`trainer.sampleImages: ${message}`);
  });

  test.each([0, -1, 0.5, Number.NaN])(
    'a sample of %d images is refused, re-adjustments too',
    async (count) => {
      await expect(trainer.sampleImages(count, 0.7)).rejects.toThrow(
        `trainer.sampleImages: count must be a positive integer, got ${count}`,
      );
      if (count === 0) return;
      await expect(trainer.sampleImages(1, 0.7, { iterations: count })).rejects.toThrow(
        `trainer.sampleImages: iterations must be an integer of at least 0, got ${count}`,
      );
    },
  );
});

test('calls after dispose are refused', async () => {
  await trainer.dispose();
  await expect(trainer.step(smallBatch(0), 0)).rejects.toThrow('trainer: it is disposed of');
});
