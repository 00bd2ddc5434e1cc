/** Every training parameter that acts within a step, seen by what it changes. */
import { describe, expect, test } from '@jest/globals';
import type { NamedTensors } from '../../src/base/plainData.js';
import type { TrainingConfig } from '../../src/config/types.js';
import * as tf from '../../src/engine/tf.js';
import { Trainer } from '../../src/training/trainer.js';
import { useTestEngine } from '../support/engine.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

useTestEngine();

/** What a first step of this configuration, in this epoch, does to a model that is always the same. */
async function firstStep(training: Partial<TrainingConfig> = {}, epoch = 0) {
  const trainer = await Trainer.create(smallConfig({}, training), { seed: 1 });
  try {
    const before = (await trainer.snapshot()).tensors;
    const result = await trainer.step(smallBatch(0), epoch);
    const after = (await trainer.snapshot()).tensors;
    return { result, before, after, moved: movement(before, after) };
  } finally {
    await trainer.dispose();
  }
}

const valuesOf = (tensors: NamedTensors, name: string) => [...(tensors.get(name)?.data ?? [])];

/** How far the parameters went, as the 2-norm of all. */
function movement(before: NamedTensors, after: NamedTensors): number {
  let sum = 0;
  for (const name of before.keys()) {
    if (!before.has(`adamax.momentum.${name}`)) continue;
    const now = valuesOf(after, name);
    for (const [i, value] of valuesOf(before, name).entries()) sum += ((now[i] ?? 0) - value) ** 2;
  }
  return Math.sqrt(sum);
}

const expectRatio = (a: number, b: number, ratio: number) => expect(a / b / ratio).toBeCloseTo(1, 2);
const expectNear = (a: number, b: number) => expect(Math.abs(a / b - 1)).toBeLessThan(1e-4);

describe('training parameter', () => {
  test('learning_rate should be how far a step goes', async () => {
    const [slow, fast] = [await firstStep({ learningRate: 0.01 }), await firstStep({ learningRate: 0.03 })];
    expectRatio(fast.moved, slow.moved, 3);
    expect([slow.result.learningRate, fast.result.learningRate]).toEqual([0.01, 0.03]);
  });

  test('learning_rate_min should be how far the steps of the last epoch go', async () => {
    const training = { epochs: 10, warmupEpochs: 0, learningRate: 0.01 };
    const least = await firstStep({ ...training, learningRateMin: 0.002 }, 10);
    const more = await firstStep({ ...training, learningRateMin: 0.004 }, 10);
    expectRatio(more.moved, least.moved, 2);
    expect(least.result.learningRate).toBeCloseTo(0.002, 10);
  });

  test('learning_rate_schedule should be the way down', async () => {
    const training = { epochs: 11, warmupEpochs: 0, learningRate: 0.01, learningRateMin: 0 };
    const rate = async (learningRateSchedule: TrainingConfig['learningRateSchedule']) =>
      (await firstStep({ ...training, learningRateSchedule }, 3)).result.learningRate;
    expect(await rate('cosine')).toBeCloseTo(0.005 * (1 + Math.cos(Math.PI / 5)), 12);
    expect(await rate('linear')).toBeCloseTo(0.008, 12);
    expect(await rate('constant')).toBe(0.01);
  });

  test('learning_rate_warmup_steps should be how many steps go less far, applied or not', async () => {
    const [full, half] = [await firstStep(), await firstStep({ learningRateWarmupSteps: 2 })];
    expectRatio(full.moved, half.moved, 2);
    const training = {
      learningRateWarmupSteps: 4,
      learningRateSchedule: 'constant',
      klConstant: 1e38,
    } as const;
    const trainer = await Trainer.create(smallConfig({}, training));
    const rates: [number, boolean][] = [];
    for (const epoch of [0, 5, 0, 0, 0]) {
      const { learningRate, applied } = await trainer.step(smallBatch(0), epoch); // epoch 5: the KL is infinite
      rates.push([learningRate, applied]);
    }
    await trainer.dispose();
    expect(rates).toEqual([
      [0.0025, true],
      [0.005, false],
      [0.0075, true],
      [0.01, true],
      [0.01, true],
    ]);
  });

  test('weight_decay should add that much of each parameter to its gradient', async () => {
    const [without, with_] = [await firstStep({ weightDecay: 0 }), await firstStep({ weightDecay: 0.5 })];
    const name = 'decoder_constant';
    // The momentum after one step is a tenth of the gradient.
    const added = valuesOf(with_.after, `adamax.momentum.${name}`).map(
      (value, i) => value - (valuesOf(without.after, `adamax.momentum.${name}`)[i] ?? 0),
    );
    const parameter = valuesOf(with_.before, name);
    for (const [i, value] of added.entries()) expect(value).toBeCloseTo(0.1 * 0.5 * (parameter[i] ?? 0), 4);
    expect(Math.max(...parameter.map(Math.abs))).toBeGreaterThan(0.1);
  });

  test('gradient_clipping should scale all gradients down to that norm', async () => {
    const training = { weightDecay: 0 };
    const whole = await firstStep(training);
    const limit = whole.result.gradientNorm / 4;
    const clipped = await firstStep({ ...training, gradientClipping: limit });
    const loose = await firstStep({ ...training, gradientClipping: 8 * limit });
    expect(clipped.result.clipFactor).toBeCloseTo(0.25, 5);
    expect(clipped.result.gradientNorm).toBe(whole.result.gradientNorm);
    const norm = ({ after }: typeof whole) => {
      const momenta = [...after].filter(([name]) => name.startsWith('adamax.momentum.'));
      return Math.hypot(...momenta.flatMap(([, { data }]) => [...data])) / 0.1;
    };
    expectNear(norm(clipped), limit);
    expectNear(norm(loose), whole.result.gradientNorm);
  });

  test('regularization_constant should weigh the regularisation', async () => {
    const [none, once, twice] = [
      await firstStep({ regularizationConstant: 0 }),
      await firstStep({ regularizationConstant: 1 }),
      await firstStep({ regularizationConstant: 2 }),
    ].map(({ result }) => result);
    expect(none?.regularization).toBe(0);
    expect(once?.regularization).toBeGreaterThan(0);
    expectNear((once?.loss ?? 0) - (none?.loss ?? 0), once?.regularization ?? 0);
    expectNear((twice?.loss ?? 0) - (none?.loss ?? 0), 2 * (once?.regularization ?? 0));
  });

  test('kl_constant should weigh the KL divergence', async () => {
    const [none, once, thrice] = [
      await firstStep({ klConstant: 0 }, 5),
      await firstStep({ klConstant: 1 }, 5),
      await firstStep({ klConstant: 3 }, 5),
    ].map(({ result }) => result);
    expect(once?.balancedKl).toBeGreaterThan(0);
    expectNear((once?.loss ?? 0) - (none?.loss ?? 0), once?.balancedKl ?? 0);
    expectNear((thrice?.loss ?? 0) - (none?.loss ?? 0), 3 * (once?.balancedKl ?? 0));
  });

  test('warmup_epochs should be how slowly the KL comes to count', async () => {
    const at = async (warmupEpochs: number) => {
      const [free, with_] = [
        await firstStep({ warmupEpochs, klConstant: 0 }, 1),
        await firstStep({ warmupEpochs }, 1),
      ].map(({ result }) => result);
      return ((with_?.loss ?? 0) - (free?.loss ?? 0)) / (with_?.balancedKl ?? 0);
    };
    expect(await at(1)).toBeCloseTo(1, 3);
    expect(await at(2)).toBeCloseTo(0.5, 3);
    expect(await at(4)).toBeCloseTo(0.25, 3);
  });

  test('use_tensor_checkpoints should need less memory at the most', async () => {
    const model = { cellsPerSplitEnc: 4, cellsPerInputDec: 4, channelTowers: 8 };
    const peak = async (useTensorCheckpoints: boolean) => {
      const trainer = await Trainer.create(smallConfig(model, { useTensorCheckpoints }));
      const { peakBytes } = await tf.profile(async () => {
        await trainer.step(smallBatch(0, 8), 0);
        return [];
      });
      await trainer.dispose();
      return peakBytes;
    };
    expect((await peak(true)) / (await peak(false))).toBeLessThan(0.8);
  });

  test('seed should decide the first weights and every draw', async () => {
    const trained = async (seed: number) => {
      const trainer = await Trainer.create(smallConfig({}, { seed }));
      const { loss } = await trainer.step(smallBatch(0), 0);
      const { tensors } = await trainer.snapshot();
      await trainer.dispose();
      return { loss, tensors };
    };
    expect(await trained(5)).toEqual(await trained(5));
    expect((await trained(6)).loss).not.toBe((await trained(5)).loss);
  });
});

test('a loss that is finite while its gradient is not should not be applied either', async () => {
  const { result, moved } = await firstStep({ klConstant: 1e30 }, 5);
  expect(Number.isFinite(result.loss)).toBe(true);
  expect(result).toMatchObject({ applied: false, nonFinite: 'gradientNorm' });
  expect(moved).toBe(0);
});

test('an infinite term should be named, and not be applied', async () => {
  const { result, moved } = await firstStep({ klConstant: 1e38 }, 5);
  expect(result).toMatchObject({ applied: false, nonFinite: 'loss' });
  expect(moved).toBe(0);
});
