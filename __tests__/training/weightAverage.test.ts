import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { NamedTensors } from '../../src/base/plainData.js';
import type { Snapshot } from '../../src/checkpoint/snapshot.js';
import type { TrainingConfig } from '../../src/config/types.js';
import * as tf from '../../src/engine/tf.js';
import { Nvae } from '../../src/model/nvae.js';
import type { LossFunction } from '../../src/training/lossFunction.js';
import { type StepResult, Trainer } from '../../src/training/trainer.js';
import { decayAfter } from '../../src/training/weightAverage.js';
import { testEngine, useTestEngine } from '../support/engine.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

useTestEngine();

const emaDecay = 0.3; // reached after 5 updates
const prefix = 'ema.';

let tensorsBefore = 0;
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(tensorsBefore));

const create = (training: Partial<TrainingConfig> = {}, loss?: LossFunction) =>
  Trainer.create(smallConfig({}, { emaDecay, ...training }), loss ? { loss } : {});

const timeless = ({ seconds: _, ...result }: StepResult) => result;
async function steps(trainer: Trainer, numbers: readonly number[]): Promise<object[]> {
  const results: object[] = [];
  for (const number of numbers) results.push(timeless(await trainer.step(smallBatch(number), 1)));
  return results;
}

/** The tensors of an average, under the names of the model. */
function averaged(tensors: NamedTensors): NamedTensors {
  const entries = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(entries.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

function raw(tensors: NamedTensors): NamedTensors {
  return new Map([...tensors].filter(([name]) => !name.startsWith(prefix)));
}

/** The average of the values of one tensor after each update, as a plain loop in double precision. */
function average(values: readonly ArrayLike<number>[], decay: number): Float64Array {
  const [first = [], ...others] = values;
  const result = Float64Array.from(first);
  for (const [t, now] of others.entries()) {
    const d = Math.min(decay, (1 + t) / (10 + t));
    for (let i = 0; i < result.length; i += 1) {
      result[i] = d * (result[i] ?? 0) + (1 - d) * (now[i] ?? 0);
    }
  }
  return result;
}

function expectAverage(snapshot: Snapshot, before: readonly NamedTensors[], decay: number): void {
  const given = averaged(snapshot.tensors);
  expect(given.size).toBeGreaterThan(10);
  for (const [name, { data, shape }] of given) {
    expect(shape).toEqual(before[0]?.get(name)?.shape);
    const all = before.map((tensors) => tensors.get(name)?.data ?? []);
    const expected = average(all, decay);
    const scale = Math.max(1e-3, ...Array.from(expected, Math.abs));
    const error = Math.max(...Array.from(data, (value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
    expect([name, error / scale < 2e-6]).toEqual([name, true]);
  }
}

describe('the average of the weights', () => {
  test('should be what a loop in double precision computes from the weights after every update', async () => {
    await using trainer = await create();
    const seen: NamedTensors[] = [(await trainer.snapshot()).tensors];
    expect(averaged(seen[0] as NamedTensors)).toEqual(
      new Map([...averaged(seen[0] as NamedTensors).keys()].map((name) => [name, seen[0]?.get(name)])),
    );
    for (let i = 0; i < 8; i += 1) {
      await trainer.step(smallBatch(i), 1);
      seen.push((await trainer.snapshot()).tensors);
    }
    const last = await trainer.snapshot();
    expectAverage(last, seen, emaDecay);
    expect(last.state.emaUpdates).toBe(8);
    expect([...last.tensors.keys()].filter((name) => /^ema\..*running_(mean|var)$/.test(name)).length).toBe(
      [...last.tensors.keys()].filter((name) => /^(?!ema).*running_(mean|var)$/.test(name)).length,
    );
  });

  test('should forget its first weights fast, and reach the decay', () => {
    expect([0, 1, 90, 1e9].map((updates) => decayAfter(updates, 0.999))).toEqual([
      1 / 10,
      2 / 11,
      91 / 100,
      0.999,
    ]);
    expect(decayAfter(0, 0)).toBe(0);
  });

  test('should not change training, bit for bit', async () => {
    for (const training of [{}, { useTensorCheckpoints: true, gradientClipping: 1 }]) {
      await using plain = await create({ ...training, emaDecay: null });
      await using trainer = await create(training);
      const expected = await steps(plain, [0, 1, 2]);
      expect(await steps(trainer, [0, 1])).toEqual(expected.slice(0, 2));
      await trainer.sampleImages(2, 0.7, { iterations: 2 });
      await trainer.evaluate({ ...smallBatch(5), names: ['a', 'b'] });
      await trainer.reconstruct(smallBatch(6));
      expect(await steps(trainer, [2])).toEqual(expected.slice(2));
      const { tensors, state } = await plain.snapshot();
      expect(raw((await trainer.snapshot()).tensors)).toEqual(tensors);
      expect('emaUpdates' in state).toBe(false);
    }
  });

  (testEngine === 'native' ? test : test.skip)('should work with half precision', async () => {
    await using plain = await create({ emaDecay: null, halfPrecision: true });
    await using trainer = await create({ halfPrecision: true });
    const seen = [(await trainer.snapshot()).tensors];
    const expected = await steps(plain, [0, 1]);
    for (const [i, result] of expected.entries()) {
      expect(await steps(trainer, [i])).toEqual([result]);
      seen.push((await trainer.snapshot()).tensors);
    }
    expectAverage(await trainer.snapshot(), seen, emaDecay);
  });

  test('should stay as it is in a step that is skipped', async () => {
    let broken = false;
    const loss: LossFunction = ({ terms }) => ({
      ...terms,
      own: tf.mul(terms.kl, broken ? Number.NaN : 0) as tf.Scalar,
    });
    await using trainer = await create({}, loss);
    await steps(trainer, [0]);
    const before = await trainer.snapshot();
    broken = true;
    expect(await trainer.step(smallBatch(1), 1)).toMatchObject({ applied: false });
    const { tensors, state } = await trainer.snapshot();
    expect(tensors).toEqual(before.tensors);
    expect(state.emaUpdates).toBe(1);
  });

  test('should leave as many tensors as there were before a step and a use', async () => {
    await using trainer = await create();
    await steps(trainer, [0]);
    const before = tf.memory().numTensors;
    await steps(trainer, [1, 2]);
    await trainer.sampleImages(2, 0.7, { iterations: 2 });
    await trainer.evaluate({ ...smallBatch(5), names: ['a', 'b'] });
    await expect(trainer.reconstruct(smallBatch(0, 2, 16))).rejects.toThrow('expected [batch, 8, 8, 3]');
    await expect(trainer.evaluate({ ...smallBatch(5), names: [] })).rejects.toThrow('keys');
    await expect(trainer.sampleImages(2, [1, 2, 3, 4, 5])).rejects.toThrow('temperature');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('pictures and measurements', () => {
  test('should be those of the averaged weights', async () => {
    await using trainer = await create();
    await steps(trainer, [0, 1, 2]);
    const { tensors, config } = await trainer.snapshot();
    // A run without an average whose weights are the averaged ones.
    await using other = await create({ emaDecay: null });
    await steps(other, [0, 1, 2]);
    const before = await other.reconstruct(smallBatch(7));
    await other.loadWeights(averaged(tensors));
    const named = { ...smallBatch(5), names: ['a', 'b'] };
    const expected = [await other.evaluate(named), await other.reconstruct(smallBatch(7))];
    expect([await trainer.evaluate(named), await trainer.reconstruct(smallBatch(7))]).toEqual(expected);
    expect(before).not.toEqual(expected[1]);
    const options = { iterations: 2 };
    expect(await trainer.sampleImages(2, 0.7, options)).toEqual(await other.sampleImages(2, 0.7, options));
    expect(config.training.emaDecay).toBe(emaDecay);
  });

  test('should leave the model in training alone', async () => {
    await using trainer = await create();
    await steps(trainer, [0, 1]);
    const before = await trainer.snapshot();
    await trainer.sampleImages(2, 0.7, { iterations: 3 });
    expect(await trainer.snapshot()).toEqual(before);
    expect(trainer.model).toBeInstanceOf(Nvae);
  });
});

describe('snapshot and restore', () => {
  test('should go on with the average bit for bit', async () => {
    await using trainer = await create();
    await steps(trainer, [0, 1]);
    const snapshot = await trainer.snapshot();
    const results = await steps(trainer, [2, 3]);
    await using resumed = await create({ seed: 99 });
    await steps(resumed, [5]);
    await resumed.restore({ ...snapshot, state: JSON.parse(JSON.stringify(snapshot.state)) });
    expect((await resumed.snapshot()).tensors).toEqual(snapshot.tensors);
    expect(await steps(resumed, [2, 3])).toEqual(results);
    const [given, expected] = [await resumed.snapshot(), await trainer.snapshot()];
    expect(given.tensors).toEqual(expected.tensors);
    expect(given.state).toEqual(expected.state);
  });

  test('should start the average from the weights of a snapshot that has none', async () => {
    await using plain = await create({ emaDecay: null });
    await steps(plain, [0, 1]);
    const snapshot = await plain.snapshot();
    await using trainer = await create();
    await steps(trainer, [4]);
    await trainer.restore(snapshot);
    const { tensors, state } = await trainer.snapshot();
    for (const [name, tensor] of averaged(tensors)) expect([name, tensor]).toEqual([name, tensors.get(name)]);
    expect(state.emaUpdates).toBe(0);
    expect(raw(tensors)).toEqual(snapshot.tensors);
  });

  test('should drop the average where the configuration has none, and take another decay', async () => {
    await using trainer = await create();
    await steps(trainer, [0, 1]);
    const snapshot = await trainer.snapshot();
    await using plain = await create({ emaDecay: null });
    await plain.restore(snapshot);
    const { tensors, state } = await plain.snapshot();
    expect(tensors).toEqual(raw(snapshot.tensors));
    expect(state.emaUpdates).toBeUndefined();
    await using other = await create({ emaDecay: 0 });
    await other.restore(snapshot);
    expect((await other.snapshot()).tensors).toEqual(snapshot.tensors);
    await steps(other, [2]);
    const after = (await other.snapshot()).tensors;
    const [a, b] = [after.get('ema.decoder_constant'), after.get('decoder_constant')];
    a?.data.forEach((value, i) => {
      expect(value).toBeCloseTo(b?.data[i] ?? Number.NaN, 6);
    });
  });

  test.each(['ema.decoder_constant', 'ema.*.running_var'])(
    'should refuse a snapshot without %s and change nothing',
    async (missing) => {
      await using trainer = await create();
      await steps(trainer, [0]);
      const snapshot = await trainer.snapshot();
      const pattern = new RegExp(`^${missing.replaceAll('.', '\\.').replace('*', '.*')}$`);
      const name = [...snapshot.tensors.keys()].find((each) => pattern.test(each)) ?? '';
      const tensors = new Map(snapshot.tensors);
      expect(tensors.delete(name)).toBe(true);
      await steps(trainer, [1]);
      const now = await trainer.snapshot();
      await expect(trainer.restore({ ...snapshot, tensors })).rejects.toThrow(`${name}: expected float32`);
      expect(await trainer.snapshot()).toEqual(now);
    },
  );

  test('should start again from weights that are loaded', async () => {
    await using trainer = await create();
    await steps(trainer, [0, 1]);
    const { tensors } = await trainer.snapshot();
    await steps(trainer, [2]);
    await trainer.loadWeights(tensors);
    const after = await trainer.snapshot();
    for (const [name, tensor] of averaged(after.tensors)) expect(tensor).toEqual(tensors.get(name));
    expect(after.state.emaUpdates).toBe(0);
  });
});
