import { expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/loadConfig.js';
import { useEngine } from '../../src/engine/index.js';
import { nativeBackend } from '../../src/engine/native/inUse.js';
import * as tf from '../../src/engine/tf.js';
import { Trainer } from '../../src/training/trainer.js';

test('300 steps of demo should leave the tensor count and the buffer pool as they were', async () => {
  await useEngine('native');
  const trainer = await Trainer.create(await loadConfig('demo'));
  const pixels = Uint8Array.from({ length: 2 * 32 * 32 * 3 }, (_, i) => (i * 37) % 256);
  const step = (epoch: number) => trainer.step({ pixels, shape: [2, 32, 32, 3] }, epoch);
  for (let i = 0; i < 3; i++) await step(1);
  const before = { tensors: tf.memory().numTensors, pool: nativeBackend()!.poolStatistics() };
  for (let i = 0; i < 300; i++) await step(1);
  expect({ tensors: tf.memory().numTensors, pool: nativeBackend()!.poolStatistics() }).toEqual(before);
  await trainer.dispose();
}, 300_000);
