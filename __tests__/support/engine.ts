/** The engine for tests. */
import { afterAll, beforeAll } from '@jest/globals';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { releaseGpu } from '../../src/engine/webgpu/loader.js';

/** `native`, or the engine set by everyEngine.test.ts. */
export const testEngine = process.env.NVAE_TEST_ENGINE || 'native';

/** Call at the top of a test file. The file fails if it leaks a tensor. */
export function useTestEngine(): void {
  let before = 0;
  beforeAll(async () => {
    await useEngine(testEngine);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    const left = tf.memory().numTensors - before;
    if (testEngine === 'webgpu') releaseGpu();
    if (left !== 0) throw new Error(`expected no tensor left behind, got ${left}`);
  });
}
