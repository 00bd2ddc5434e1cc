import { expect } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { Nvae } from '../../src/model/nvae.js';
import { settled } from './settled.js';
import { smallModel } from './smallConfig.js';

/** Runs a check with a small model, and checks that it leaks no tensor. */
export async function withModel(check: (model: Nvae) => Promise<void>): Promise<void> {
  const before = tf.memory().numTensors;
  const model = Nvae.create(smallModel(), 1);
  const withIt = tf.memory().numTensors;
  try {
    await check(model);
    await settled(() => tf.memory().numTensors === withIt); // unsubscribed work finishes what it is doing
  } finally {
    model.dispose();
  }
  expect(tf.memory().numTensors).toBe(before);
}
