/** A small model that a few steps of training made, as a file. */
import { beforeAll, beforeEach } from '@jest/globals';
import { saveModel } from '../../src/checkpoint/model.js';
import { type Snapshot, Trainer } from '../../src/training/trainer.js';
import { smallBatch, smallConfig } from './smallConfig.js';

/** Call at the top of a test file, below `useTestEngine`: two latent groups, 8x8 images; writes it before each test. */
export function useModelFile(path: () => string): void {
  let snapshot: Snapshot;
  beforeAll(async () => {
    const trainer = await Trainer.create(smallConfig());
    for (let i = 0; i < 3; i += 1) await trainer.step(smallBatch(i, 4), 0);
    snapshot = await trainer.snapshot();
    await trainer.dispose();
  });
  beforeEach(() => saveModel(path(), snapshot));
}
