import { expect } from '@jest/globals';
import * as tf from '../../src/engine/tf.js';
import { Nvae } from '../../src/model/nvae.js';
import { settled } from './settled.js';
import { smallModel } from './smallConfig.js';

/** A small model, and a check that nothing but the model's own tensors came and went. */
export async function withModel(check: (model: Nvae) => Promise<void>): Promise<void> {
  const before = tf.memory().numTensors;
  const model = Nvae.create(smallModel(), 1);
  const withIt = tf.memory().numTensors;
  try {
    await check(model);
    await settled(() => tf.memory().numTensors === withIt); // what was unsubscribed from finishes what it is at
  } finally {
    model.dispose();
  }
  expect(tf.memory().numTensors).toBe(before);
}
