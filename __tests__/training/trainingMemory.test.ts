import { describe, expect, test } from '@jest/globals';
import { useEngine } from '../../src/engine/index.js';
import { nativeBackend } from '../../src/engine/native/inUse.js';
import { fittingSettings, settingOptions } from '../../src/training/fittingSettings.js';
import { Trainer } from '../../src/training/trainer.js';
import { peakBytes, trainingMemory } from '../../src/training/trainingMemory.js';
import { smallBatch, smallConfig } from '../support/smallConfig.js';

const wide = { channelTowers: 16, inputDimension: 32 };

/** Bytes of tensors, in use or kept for the next step, after two steps. */
async function poolBytes(config: ReturnType<typeof smallConfig>, batchSize: number): Promise<number> {
  nativeBackend()?.trimPool();
  await using trainer = await Trainer.create(config);
  for (let step = 0; step < 2; step += 1) await trainer.step(smallBatch(step, batchSize, 32), 0);
  const { liveBytes = 0, freeBytes = 0 } = nativeBackend()?.poolStatistics() ?? {};
  return liveBytes + freeBytes;
}

describe('trainingMemory', () => {
  test.each([{}, { halfPrecision: true }, { useTensorCheckpoints: true }])(
    'should count what an image takes on the native engine: %j',
    async (training) => {
      await useEngine('native');
      const config = smallConfig(wide, training);
      const perImage = ((await poolBytes(config, 64)) - (await poolBytes(config, 8))) / 56;
      const ratio = trainingMemory(config).perImage / perImage;
      expect(ratio).toBeGreaterThan(0.7);
      expect(ratio).toBeLessThan(1.6);
    },
  );

  test('should count parts of a batch, and the average of the weights', () => {
    const config = smallConfig(wide);
    const memory = trainingMemory(config);
    const parts = trainingMemory(smallConfig(wide, { accumulationSteps: 4 }));
    expect(parts).toEqual({ ...memory, perImage: memory.perImage / 4 });
    expect(trainingMemory(smallConfig(wide, { emaDecay: 0.9 })).fixed).toBeGreaterThan(memory.fixed);
    expect(peakBytes(memory, 3)).toBe(memory.fixed + memory.besideSteps + 3 * memory.perImage);
    const heavy = { ...memory, gradients: 4 * memory.perImage };
    expect(peakBytes(heavy, 3)).toBe(peakBytes(memory, 4));
  });
});

describe('fittingSettings', () => {
  const config = smallConfig({}, { batchSize: 20 });
  const memoryOf = ({ training }: typeof config) => {
    const perImage = 4 / ((training.halfPrecision ? 2 : 1) * (training.useTensorCheckpoints ? 2 : 1));
    return { fixed: 90, besideSteps: 10, gradients: 0, perImage };
  };
  const fitting = (limit: number, hasHalfPrecision = true) =>
    fittingSettings(config, { limit, hasHalfPrecision, memoryOf }).map((settings) => [
      settings.peakBytes,
      settingOptions(config, settings).replaceAll('--set training_parameters.', ''),
    ]);

  test('should keep the configuration if that fits', () => {
    expect(fitting(180)).toEqual([[180, '']]);
  });

  test('should be a smaller batch, and the fastest settings with the largest batch', () => {
    expect(fitting(150)).toEqual([
      [148, 'batch_size=12'],
      [140, 'half_precision=true'],
    ]);
    expect(fitting(150, false)).toEqual([
      [148, 'batch_size=12'],
      [140, 'use_tensor_checkpoints=true'],
    ]);
    expect(fitting(110)).toEqual([
      [108, 'batch_size=2'],
      [110, 'batch_size=10 half_precision=true use_tensor_checkpoints=true'],
    ]);
  });

  test('should be only others if the configuration has no room for an image', () => {
    expect(fitting(102)).toEqual([[102, 'batch_size=2 half_precision=true use_tensor_checkpoints=true']]);
    expect(fitting(100)).toEqual([]);
  });
});
