/** A trained model as a file, for the commands that sample: two latent groups, 8x8 images. */
import { beforeAll, beforeEach } from '@jest/globals';
import { saveModel } from '../../src/checkpoint/saveModel.js';
import type { Snapshot } from '../../src/checkpoint/snapshot.js';
import { Trainer } from '../../src/training/trainer.js';
import { smallBatch, smallConfig } from './smallConfig.js';

export interface ModelFile {
  readonly path: string;
  readonly snapshot: Snapshot;
}

/** Call after `useTestEngine`; writes the file before each test. */
export function useModelFile(pathOf: () => string): () => ModelFile {
  let file: ModelFile;
  let snapshot: Snapshot;
  beforeAll(async () => {
    const trainer = await Trainer.create(smallConfig());
    for (let i = 0; i < 3; i += 1) await trainer.step(smallBatch(i, 4), 0);
    snapshot = await trainer.snapshot();
    await trainer.dispose();
  });
  beforeEach(async () => {
    file = { path: pathOf(), snapshot };
    await saveModel(file.path, snapshot);
  });
  return () => file;
}
