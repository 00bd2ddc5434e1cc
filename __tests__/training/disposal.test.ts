/** `using` and `await using`: an error inside the block leaves no tensor behind. */
import { expect, test } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { Nvae } from '../../src/model/nvae.js';
import { Trainer } from '../../src/training/trainer.js';
import { useTestEngine } from '../support/engine.js';
import { smallBatch, smallConfig, smallModel } from '../support/smallConfig.js';

useTestEngine();

test('a model should be disposed when an error leaves its block', async () => {
  const before = tf.memory().numTensors;
  const use = async () => {
    using model = Nvae.create(smallModel(), 1);
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    await model.sampleImages(1, 0.7);
    await model.sampleImages(0, 0.7);
  };
  await expect(use()).rejects.toThrow('count must be a positive integer, got 0');
  expect(tf.memory().numTensors).toBe(before);
});

test('a trainer should be disposed when an error leaves its block, after its running call', async () => {
  const before = tf.memory().numTensors;
  let running: Promise<unknown> | undefined;
  const use = async () => {
    await using trainer = await Trainer.create(smallConfig());
    running = trainer.step(smallBatch(0), 0);
    await null; // it begins
    throw new Error('changed my mind');
  };
  await expect(use()).rejects.toThrow('changed my mind');
  expect(tf.memory().numTensors).toBe(before);
  expect(await running).toMatchObject({ step: 1 });
});

test('a second disposal should change nothing', async () => {
  const before = tf.memory().numTensors;
  using model = Nvae.create(smallModel(), 1);
  model.dispose();
  await using trainer = await Trainer.create(smallConfig());
  await trainer.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
