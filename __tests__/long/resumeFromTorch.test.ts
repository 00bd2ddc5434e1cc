/** Runs that go on from a checkpoint of the PyTorch implementation in place of their own. */
import { copyFile, mkdir } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { lastValueFrom, toArray } from 'rxjs';
import type { NvaeConfig } from '../../src/config/types.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { useEngine } from '../../src/engine/index.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { saveTorchCheckpoint } from '../../src/modelFiles/torch/saveTorchCheckpoint.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { smallConfig } from '../support/checkpoints.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
beforeAll(() => useEngine('native').catch(() => useEngine('cpu')));

const configOf = (epochs: number) =>
  smallConfig([`epochs=${epochs}`, 'write_reconstruction=false', 'warmup_epochs=1']);
const numbers = datasetOf(
  10,
  (index, size) => Uint8Array.from({ length: 3 * size * size }, (_, i) => (index * 53 + i * 7) % 256),
  { name: 'numbers' },
);

const all = (config: NvaeConfig, folder: string, more: TrainOptions = {}): Promise<TrainEvent[]> =>
  lastValueFrom(
    train(config, {
      dataset: numbers,
      weightsFolder: inFolder(folder),
      picturesFolder: inFolder(folder, 'images'),
      runsFolder: null,
      previews: { samples: 0 },
      ...more,
    }).pipe(toArray()),
  );
const checkpointIn = (folder: string) => inFolder(folder, 'small.checkpoint');
const warningsOf = (events: readonly TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

/** Trains two epochs, and writes what they come to in a folder as PyTorch would, for a run of five. */
async function afterTwoEpochs(folder: string): Promise<void> {
  await all(configOf(2), 'before', { seed: 21 });
  await mkdir(inFolder(folder));
  const checkpoint = await loadCheckpoint(checkpointIn('before'));
  await saveTorchCheckpoint(checkpointIn(folder), { ...checkpoint, config: configOf(5) });
}

test('should make the steps that a run makes from its own checkpoint, bit for bit', async () => {
  await afterTwoEpochs('torch');
  await mkdir(inFolder('own'));
  await copyFile(checkpointIn('before'), checkpointIn('own'));
  await all(configOf(5), 'own');
  const events = await all(configOf(5), 'torch', { seed: 21 });

  const steps = events.filter(({ type }) => type === 'step');
  expect(steps).toHaveLength(9);
  expect(steps[0]).toMatchObject({ epoch: 2, batchInEpoch: 1, step: 7, imagesSeen: 24, imagesTaken: 4 });
  const [own, torch] = [
    await loadCheckpoint(checkpointIn('own')),
    await loadCheckpoint(checkpointIn('torch')),
  ];
  expect(torch.state).toEqual(own.state);
  expect(torch.tensors).toEqual(own.tensors);
  expect(warningsOf(events)).toEqual([expect.stringContaining('the next checkpoint replaces this file')]);
});

test('should warn where the configuration overrules the file, and follow the configuration', async () => {
  await afterTwoEpochs('torch');
  const config = configOf(3);
  const edited = { ...config, training: { ...config.training, learningRate: 0.02 } };
  const events = await all(edited, 'torch');
  const warnings = warningsOf(events).join('\n');
  for (const key of ['lr', 'initial_lr \\(base_lrs\\)', 'T_max', 'total_epochs']) {
    expect(warnings).toMatch(
      new RegExp(`small\\.checkpoint: ${key} is .* in the configuration small, which counts`),
    );
  }
  expect(events.find(({ type }) => type === 'step')).toMatchObject({ epoch: 2, learningRate: 0.02 });
});

test('should refuse another architecture by a tensor, and leave the file as it is', async () => {
  await afterTwoEpochs('torch');
  const config = configOf(5);
  const other = { ...config, model: { ...config.model, latentSize: 3 } };
  await expect(all(other, 'torch')).rejects.toThrow(
    /small\.checkpoint: does not fit the configuration "small"/,
  );
  expect((await loadCheckpoint(checkpointIn('torch'), { config })).state.optimizerUpdates).toBe(6);
});
