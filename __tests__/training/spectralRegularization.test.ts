/** Power iterations in training: their numbers, and their vectors as state of a run. */
import { describe, expect, test } from '@jest/globals';
import { checkpointToBytes } from '../../src/checkpoint/bytes.js';
import type { Snapshot } from '../../src/checkpoint/snapshot.js';
import { weightsOf } from '../../src/checkpoint/weightsOf.js';
import type { TrainingConfig } from '../../src/config/types.js';
import * as tf from '../../src/engine/tf.js';
import { cellsOf } from '../../src/model/plan.js';
import { draws, keyedNoise } from '../../src/model/random.js';
import { spectralLayers } from '../../src/model/spectralLayers.js';
import { checkpointFromBytes } from '../../src/modelFiles/checkpointFromBytes.js';
import { fittingWeights } from '../../src/modelFiles/fittingWeights.js';
import { Trainer } from '../../src/training/trainer.js';
import { testEngine, useTestEngine } from '../support/engine.js';
import { iterate, largestSingularValue, type Matrix } from '../support/singularValues.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

useTestEngine();

const on = (training: Partial<TrainingConfig> = {}) =>
  smallConfig({}, { spectralRegularization: 'power_iteration', ...training });
const config = on();

const vectorsIn = ({ tensors }: Snapshot) =>
  [...tensors.keys()].filter((name) => name.startsWith('spectral.'));

async function steps(trainer: Trainer, numbers: readonly number[]) {
  const results: object[] = [];
  for (const number of numbers) {
    const { seconds: _, ...result } = await trainer.step(smallBatch(number), 1);
    results.push(result);
  }
  return results;
}

/** A weight of a snapshot as the matrix `[out, in * taps]`, its first axis in PyTorch's order; weight-normalised ones in double precision. */
function matrixIn({ tensors }: Snapshot, layer: string): Matrix {
  const plain = tensors.get(`${layer}.weight`);
  const { data, shape } = plain ?? tensors.get(`${layer}.weight_v`)!;
  const rows = Array.from({ length: shape[0]! }, (_, o) =>
    Float64Array.from(data.slice((o * data.length) / shape[0]!, ((o + 1) * data.length) / shape[0]!)),
  );
  if (plain) return rows;
  const gains = tensors.get(`${layer}.weight_g`)!.data;
  return rows.map((row, o) => row.map((value) => (value * gains[o]!) / Math.hypot(...row)));
}

/** The sum of the largest |gamma|. */
function largestGammas(trainer: Trainer, { tensors }: Snapshot): number {
  const names = cellsOf(trainer.model.plan).flatMap((cell) => cell.batchNorms.map(({ name }) => name));
  return names.reduce((sum, name) => {
    const { data } = tensors.get(`${name}.weight`)!;
    return sum + Math.max(...Array.from(data, Math.abs));
  }, 0);
}

describe('spectral_regularization power_iteration', () => {
  test('should add up the singular values of power iterations that go on from step to step', async () => {
    await using trainer = await Trainer.create(config);
    const layers = spectralLayers(trainer.model.plan);
    const noise = keyedNoise(1, 'step', 0);
    let us: Float64Array[] = layers.map(({ name, layout, shape }) => {
      const outputs = layout === 'depthwise' ? shape[2]! : shape[3]!;
      return Float64Array.from(noise.normalValues(draws.spectral(name), outputs));
    });
    for (const [step, iterations] of [40, 4, 4].entries()) {
      const before = await trainer.snapshot();
      const { regularization } = await trainer.step(smallBatch(step), 1);
      const expected = layers.map(({ name }, i) => iterate(matrixIn(before, name), us[i]!, iterations));
      const sum = expected.reduce((total, { sigma }) => total + sigma, largestGammas(trainer, before));
      expect(Math.abs(regularization / sum - 1)).toBeLessThan(1e-4);
      us = expected.map(({ u }) => u);
      const { tensors } = await trainer.snapshot();
      for (const [i, { name }] of layers.entries()) {
        const stored = tensors.get(`spectral.u.${name}`)!;
        expect(stored.shape).toEqual([us[i]!.length]);
        for (const [k, value] of us[i]!.entries()) expect(stored.data[k]).toBeCloseTo(value, 2);
      }
    }
  });

  test('should come to the largest singular values while the weights hardly change', async () => {
    await using trainer = await Trainer.create(
      on({ learningRate: 1e-9, learningRateMin: 0, weightDecay: 0 }),
    );
    for (let i = 0; i < 8; i += 1) await trainer.step(smallBatch(i), 1);
    const before = await trainer.snapshot();
    const { regularization } = await trainer.step(smallBatch(20), 1);
    const exact = spectralLayers(trainer.model.plan).reduce(
      (sum, { name }) => sum + largestSingularValue(matrixIn(before, name)),
      largestGammas(trainer, before),
    );
    expect(Math.abs(regularization / exact - 1)).toBeLessThan(1e-3);
  });

  test('should be bit for bit the same after a resume from a checkpoint, whenever it was written', async () => {
    await using trainer = await Trainer.create(config);
    for (const finished of [0, 1, 3]) {
      await steps(
        trainer,
        Array.from({ length: finished - trainer.position.step }, (_, i) => 10 + i),
      );
      const snapshot = await trainer.snapshot();
      expect(vectorsIn(snapshot)).toHaveLength(
        finished === 0 ? 0 : spectralLayers(trainer.model.plan).length,
      );
      const bytes = await checkpointToBytes(snapshot);
      await using straight = await Trainer.create(config, { seed: 7 });
      await straight.restore(snapshot);
      await using resumed = await Trainer.create(config, { seed: 8 });
      await resumed.step(smallBatch(5), 0); // vectors of its own, which are replaced
      await resumed.restore(await checkpointFromBytes(bytes));
      expect(await steps(resumed, [1, 2])).toEqual(await steps(straight, [1, 2]));
      expect((await resumed.snapshot()).tensors).toEqual((await straight.snapshot()).tensors);
    }
  });

  test('should keep the vectors in a step that is not applied, also in the first', async () => {
    const failing = new Set([0, 3]);
    let step = 0;
    const create = () =>
      Trainer.create(config, {
        loss: ({ terms }) => (failing.has(step) ? { ...terms, broken: tf.scalar(Number.NaN) } : terms),
      });
    await using trainer = await create();
    for (step = 0; step < 5; step += 1) {
      const before = await trainer.snapshot();
      const count = tf.memory().numTensors;
      const { applied } = await trainer.step(smallBatch(step), 1);
      expect(applied).toBe(!failing.has(step));
      const after = await trainer.snapshot();
      if (!applied) {
        expect(after.tensors).toEqual(before.tensors);
        expect(tf.memory().numTensors).toBe(count);
        continue;
      }
      await using resumed = await create();
      await resumed.restore(before);
      await resumed.step(smallBatch(step), 1);
      expect(await resumed.snapshot()).toEqual(after);
    }
  });

  test('should start new vectors when it is switched on in a run, and leave them alone when switched off', async () => {
    await using estimating = await Trainer.create(smallConfig());
    await steps(estimating, [0, 1]);
    const without = await estimating.snapshot();
    expect(vectorsIn(without)).toEqual([]);

    await using one = await Trainer.create(config);
    await using other = await Trainer.create(config);
    await steps(other, [9]);
    for (const trainer of [one, other]) await trainer.restore(without);
    expect(await steps(one, [2, 3])).toEqual(await steps(other, [2, 3]));

    const withVectors = await one.snapshot();
    expect(vectorsIn(withVectors)).not.toEqual([]);
    const plain = new Map([...withVectors.tensors].filter(([name]) => !name.startsWith('spectral.')));
    await using again = await Trainer.create(smallConfig());
    await again.restore({ ...withVectors, tensors: plain });
    await estimating.restore(withVectors);
    expect(await steps(estimating, [4])).toEqual(await steps(again, [4]));
    expect(vectorsIn(await estimating.snapshot())).toEqual([]);
  });

  test('should refuse a snapshot that has only some of the vectors, and change nothing', async () => {
    await using trainer = await Trainer.create(config);
    await steps(trainer, [0]);
    const snapshot = await trainer.snapshot();
    const tensors = new Map(snapshot.tensors);
    const [name = ''] = vectorsIn(snapshot);
    tensors.delete(name);
    await steps(trainer, [1]);
    const before = await trainer.snapshot();
    await expect(trainer.restore({ ...snapshot, tensors })).rejects.toThrow(`${name}: expected float32`);
    expect(await trainer.snapshot()).toEqual(before);
  });

  test('should leave no vectors in a model file, nor miss them there', async () => {
    await using trainer = await Trainer.create(config);
    await steps(trainer, [0]);
    const snapshot = await trainer.snapshot();
    const { tensors } = weightsOf(snapshot, 'here');
    expect([...tensors.keys()].filter((name) => /^(spectral|adamax)\./.test(name))).toEqual([]);
    expect(fittingWeights(snapshot.tensors, config.model)).toMatchObject({ unmet: [], unknown: [] });
  });

  test('should start anew with other weights', async () => {
    await using trainer = await Trainer.create(config);
    await steps(trainer, [0]);
    await trainer.loadWeights((await trainer.snapshot()).tensors);
    expect(vectorsIn(await trainer.snapshot())).toEqual([]);
  });

  test('should leave as many tensors in each step, and go with options that save memory', async () => {
    const first = async (training: Partial<TrainingConfig>) => {
      await using trainer = await Trainer.create(on(training));
      const { regularization } = await trainer.step(smallBatch(0), 1);
      const count = tf.memory().numTensors;
      await steps(trainer, [1, 2]);
      expect(tf.memory().numTensors).toBe(count);
      return regularization;
    };
    const regularization = await first({});
    expect(await first({ useTensorCheckpoints: true })).toBe(regularization);
    if (testEngine === 'native') expect(await first({ halfPrecision: true })).toBe(regularization);
  });
});
