/** Runs on datasets that are no folders, with an augmentation and a loss of their own. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { firstValueFrom, lastValueFrom, Subject, tap, toArray } from 'rxjs';
import type { Dataset, DatasetItem } from '../../src/data/dataset.js';
import { DatasetError } from '../../src/data/datasetError.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { folderDataset } from '../../src/data/folderDataset.js';
import { UnreadImageError } from '../../src/data/unreadImageError.js';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { readJournal } from '../../src/streams/journal/readJournal.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import type { LossFunction } from '../../src/training/lossFunction.js';
import { smallConfig } from '../support/checkpoints.js';
import { collect } from '../support/collect.js';
import { writePictures } from '../support/pictures.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';
import { pointsOf, readLog } from '../support/tensorBoard.js';

const inFolder = useTemporaryFolder();
let options: TrainOptions;
beforeAll(() => useEngine('native').catch(() => useEngine('cpu')));
beforeEach(() => {
  options = {
    weightsFolder: inFolder('weights'),
    picturesFolder: inFolder('images'),
    runsFolder: inFolder('runs'),
    previews: { samples: 0 },
  };
});

/** Batches of 4 of 10 images: three steps an epoch. */
const config = (...more: string[]) => smallConfig(['epochs=2', 'write_reconstruction=false', ...more]);
const pixelsOf = (index: number, size: number) =>
  Uint8Array.from({ length: 3 * size * size }, (_, i) => (index * 53 + i * 7) % 256);
const numbers = datasetOf(10, pixelsOf, { name: 'numbers' });

const all = (more: TrainOptions = {}, ...training: string[]): Promise<TrainEvent[]> =>
  lastValueFrom(train(config(...training), { dataset: numbers, ...options, ...more }).pipe(toArray()));
const warningsOf = (events: readonly TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

/** Runs until after the step, and stops. */
function upTo(step: number, more: TrainOptions = {}) {
  const stop$ = new Subject<void>();
  const run$ = train(config(), { dataset: numbers, ...options, ...more, stop$ });
  return lastValueFrom(
    run$.pipe(
      tap((event) => event.type === 'step' && event.step === step && stop$.next()),
      toArray(),
    ),
  );
}

async function stateIn(weights: string) {
  const { tensors, state } = await loadCheckpoint(inFolder(join(weights, 'small.checkpoint')));
  return { tensors: new Map(tensors), state };
}

describe('a run on an own dataset', () => {
  const augment: TrainOptions['augment'] = async (image, random) => {
    const gain = 0.5 + 0.5 * random();
    return { ...image, pixels: image.pixels.map((value) => gain * value) };
  };
  const loss: LossFunction = ({ terms, output, images }) => ({
    ...terms,
    colour: tf.mul(10, tf.mean(tf.square(tf.sub(output.mean(), images)))) as tf.Scalar,
  });

  test('should resume bit for bit, with its augmentation and its loss', async () => {
    const own = { augment, loss };
    const whole = await all(
      { ...own, weightsFolder: inFolder('whole') },
      'augmentation.horizontal_flip=true',
    );
    const steps = whole.filter(({ type }) => type === 'step');
    expect(steps).toHaveLength(6);
    const stop = async (step: number) => {
      const stop$ = new Subject<void>();
      const run$ = train(config('augmentation.horizontal_flip=true'), {
        dataset: numbers,
        ...options,
        ...own,
        stop$,
      });
      const events = await lastValueFrom(
        run$.pipe(
          tap((event) => event.type === 'step' && event.step === step && stop$.next()),
          toArray(),
        ),
      );
      expect(warningsOf(events)).toEqual([]);
    };
    for (const step of [2, 4, 7]) await stop(step);
    expect(await stateIn('weights')).toEqual(await stateIn('whole'));
    const without = { weightsFolder: inFolder('without'), runsFolder: null };
    await all(without, 'augmentation.horizontal_flip=true');
    expect(await stateIn('without')).not.toEqual(await stateIn('whole'));
  });

  test('should be the run on the folder, where the dataset is that folder', async () => {
    await writePictures(inFolder('photos'), 10);
    await all({ dataset: inFolder('photos'), weightsFolder: inFolder('path') });
    await all({ dataset: folderDataset(inFolder('photos')) });
    expect(await stateIn('weights')).toEqual(await stateIn('path'));
  });

  test('should report the terms of its loss in events, journal and TensorBoard', async () => {
    const events = await all({ loss });
    const steps = events.filter((event) => event.type === 'step');
    const colours = steps.map(({ terms }) => terms?.colour ?? Number.NaN);
    expect(colours.every((value) => value > 0)).toBe(true);
    const logged = pointsOf(await readLog(inFolder('runs/small')), 'colour/iter').map(([, value]) => value);
    expect(logged).toEqual(colours.map(Math.fround));
    const journal = await collect(readJournal(inFolder('runs/small/events.jsonl')));
    const [first] = journal.filter((event) => event.type === 'step');
    expect(first?.terms).toEqual(steps[0]!.terms);
  });

  test('should have no more batches alive than are made ahead, and the one of the step', async () => {
    let [alive, most] = [0, 0];
    const decoded: string[] = [];
    const dataset: Dataset = {
      ...datasetOf(60, pixelsOf),
      cached: false,
      async decode({ name }, size) {
        alive += 1;
        most = Math.max(most, alive);
        decoded.push(name);
        await setTimeout(1);
        return pixelsOf(Number(name), size);
      },
    };
    const run$ = train(config('epochs=1'), { dataset, ...options, prefetch: 2 });
    await lastValueFrom(
      run$.pipe(
        tap((event) => {
          if (event.type === 'step') alive -= event.batchSize;
        }),
      ),
    );
    // Eight images for the previews, which are no part of a batch; 4 of the running step, twice 4 ahead.
    expect(most - 8).toBeLessThanOrEqual(3 * 4);
    expect(new Set(decoded).size).toBe(60);
  });

  test('should skip damaged images by name, once, and try again what could not be read', async () => {
    let reads = 0;
    const dataset: Dataset = {
      ...numbers,
      decode({ name }, size) {
        if (name === '3') throw new Error('checksum differs');
        if (name === '5') reads += 1;
        if (name === '5' && reads <= 2) throw new UnreadImageError('no answer');
        return pixelsOf(Number(name), size);
      },
    };
    const events = await all({ dataset });
    expect(warningsOf(events).sort()).toEqual([
      'epoch 1: 1 image could not be read (no answer); the next epoch tries them again',
      'numbers: 3: skipped: checksum differs',
      'numbers: 5: skipped: could not be read, will be tried again: no answer',
    ]);
    // Neither the previews nor the first epoch can read item 5; the second can.
    expect(events.filter(({ type }) => type === 'epoch')).toMatchObject([
      { imagesTaken: 10, imagesTrained: 8 },
      { imagesTaken: 10, imagesTrained: 9 },
    ]);
  });

  test.each<[string, Dataset, string]>([
    ['another number', datasetOf(12, pixelsOf), '10 images before, 12 now'],
    [
      'other names',
      {
        ...numbers,
        items: () => Array.from({ length: 10 }, (_, i) => ({ name: `n${i}` })),
        decode: (_, size) => pixelsOf(1, size),
      },
      'different names',
    ],
    [
      'another identity',
      { ...numbers, identity: () => 'second edition' },
      'the same names, but different content',
    ],
  ])('should report a dataset that has changed at the resume: %s', async (_, dataset, words) => {
    await upTo(2, { dataset: { ...numbers, identity: () => 'first edition' } });
    const events = await all({ dataset });
    expect(warningsOf(events)[0]).toContain(`the dataset has changed since the checkpoint (${words})`);
  });

  test('should end with one error where no image decodes, or what it returns is no image', async () => {
    const failing = { ...numbers, decode: () => Promise.reject(new Error('no')) };
    await expect(all({ dataset: failing })).rejects.toThrow(
      'numbers: none of its 10 images can be decoded; the warnings say why',
    );
    const wrong = { ...numbers, decode: () => new Uint8Array(5) };
    await expect(all({ dataset: wrong })).rejects.toThrow(
      'numbers: the result of decode() must be a Uint8Array of 192 values (8 x 8 x 3) or 64 values (8 x 8 x 1), got 5 values',
    );
    const twice: Dataset = { ...numbers, items: () => [{ name: 'a' }, { name: 'a' }] };
    await expect(all({ dataset: twice })).rejects.toBeInstanceOf(DatasetError);
  });

  test('should end where its augmentation or its loss fails, with what was trained before', async () => {
    let images = 0;
    const failing: TrainOptions['augment'] = (image) => {
      images += 1;
      if (images > 9) throw new Error('no such filter');
      return image;
    };
    await expect(all({ augment: failing, prefetch: 1 })).rejects.toThrow('no such filter');
    expect((await stateIn('weights')).state.position.step).toBeGreaterThan(0);
    const bad = (() => ({})) as LossFunction;
    await expect(all({ loss: bad, name: 'other' })).rejects.toThrow('loss: the function returned no term');
  });

  const called$ = new Subject<void>();
  const hanging = () => {
    called$.next();
    return new Promise<never>(() => undefined);
  };
  test.each<[string, Partial<Dataset>]>([
    ['list its items', { items: hanging }],
    ['decode', { decode: hanging }],
  ])('should complete at an abort although the dataset takes for ever to %s', async (_, hangs) => {
    const before = tf.memory().numTensors;
    const abort = new AbortController();
    const run$ = train(config(), { ...options, dataset: { ...numbers, ...hangs }, signal: abort.signal });
    const hanging$ = firstValueFrom(called$);
    const run = lastValueFrom(run$.pipe(toArray()));
    await hanging$;
    abort.abort();
    const events = await run;
    expect(events.filter(({ type }) => type === 'step')).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('should keep nothing of the dataset in the checkpoint but its identity', async () => {
    const items: DatasetItem[] = [
      { name: 'secret', version: '1' },
      { name: 'name', version: '2' },
    ];
    const dataset: Dataset = { name: 'own', items: () => items, decode: (_, size) => pixelsOf(1, size) };
    await all({ dataset });
    const { dataPosition } = await loadCheckpoint(inFolder('weights/small.checkpoint'));
    expect(dataPosition?.dataset).toMatch(/^[0-9a-f]{16}\/2\/[0-9a-f]{16}$/);
    expect((await readFile(inFolder('weights/small.checkpoint'))).includes('secret')).toBe(false);
  });
});
