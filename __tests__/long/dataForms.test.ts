/** Runs on files of many images, stopped in the middle of an epoch: a resumed run is the one that was never stopped. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { lastValueFrom, Subject, tap, toArray } from 'rxjs';
import type { DatasetPath } from '../../src/data/datasetPath.js';
import { useEngine } from '../../src/engine/index.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { smallConfig } from '../support/checkpoints.js';
import { useOwnCacheFolder } from '../support/ownCacheFolder.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useOwnCacheFolder(inFolder);
const fixtures = fileURLToPath(new URL('../data/fixtures/', import.meta.url));
beforeAll(() => useEngine('native').catch(() => useEngine('cpu')));

const config = smallConfig([
  'epochs=2',
  'batch_size=2',
  'write_reconstruction=false',
  'augmentation.horizontal_flip=true',
]);

/** Runs until after the step, or to the end; returns the warnings about the dataset. */
async function run(
  dataset: NonNullable<TrainOptions['dataset']>,
  weights: string,
  lastStep = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const stop$ = new Subject<void>();
  const options: TrainOptions = {
    dataset,
    weightsFolder: inFolder(weights),
    picturesFolder: inFolder('images'),
    runsFolder: null,
    previews: { samples: 0 },
    stop$,
  };
  const events = await lastValueFrom(
    train(config, options).pipe(
      tap((event) => event.type === 'step' && event.step === lastStep && stop$.next()),
      toArray(),
    ),
  );
  return events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
}

async function tensorsIn(weights: string) {
  const { tensors, state } = await loadCheckpoint(inFolder(join(weights, 'small.checkpoint')));
  return { tensors: new Map(tensors), state };
}

/** Ten grey images of 5x5 pixels. */
async function idxFile(): Promise<string> {
  const header = Buffer.alloc(16);
  for (const [i, value] of [0x0803, 10, 5, 5].entries()) header.writeUInt32BE(value, 4 * i);
  const pixels = Buffer.from(Array.from({ length: 250 }, (_, i) => (37 * i) % 256));
  await writeFile(inFolder('digits'), Buffer.concat([header, pixels]));
  return inFolder('digits');
}

test.each([
  'archives/zip64.zip',
  'archives/plain.tar.gz',
  'archives/hostile.tar',
  'arrays/colour.npy',
  'arrays/two.npz/x_train',
  'cifar/cifar-10-batches-bin/data_batch_1.bin',
  'records/encoded.tfrecord',
  'records/raw.lmdb',
  'shards/samples',
  'parquet/hub.parquet',
  'parquet/data',
  'lists/lines.txt',
  'lists/excel.csv',
  'an IDX file',
])('a run on %s should resume bit for bit', async (name) => {
  const dataset = name === 'an IDX file' ? await idxFile() : `${fixtures}${name}`;
  const warnings = await run(dataset, 'whole');
  expect(warnings.filter((message) => !message.includes('left out'))).toEqual([]);
  await run(dataset, 'stopped', 1);
  await run(dataset, 'stopped', 4);
  expect(await run(dataset, 'stopped')).toEqual(warnings);
  expect(await tensorsIn('stopped')).toEqual(await tensorsIn('whole'));
});

test('a run on several datasets with weights should resume bit for bit', async () => {
  const dataset = [
    `${fixtures}archives/zip64.zip`,
    { path: `${fixtures}records/encoded.tfrecord`, repeat: 3 },
  ];
  expect(await run(dataset, 'whole')).toEqual([]);
  await run(dataset, 'stopped', 1);
  await run(dataset, 'stopped', 7);
  expect(await run(dataset, 'stopped')).toEqual([]);
  expect(await tensorsIn('stopped')).toEqual(await tensorsIn('whole'));
  const [first, second] = dataset;
  const changed = await run([first as string, { ...(second as DatasetPath), repeat: 2 }], 'stopped');
  expect(changed).toEqual([expect.stringContaining('the dataset has changed since the checkpoint')]);
});
