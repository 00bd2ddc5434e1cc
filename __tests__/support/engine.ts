/** The engine that tests compute on. */
import { afterAll, beforeAll } from '@jest/globals';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';

/** Call at the top of a test file. Fails the file if it leaves a tensor behind. */
export function useTestEngine(): void {
  let before = 0;
  beforeAll(async () => {
    await useEngine('native');
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    const left = tf.memory().numTensors - before;
    if (left !== 0) throw new Error(`expected no tensor left behind, got ${left}`);
  });
}
