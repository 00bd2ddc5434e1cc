/** Every training parameter that acts between the steps of a run, seen by what it changes. */
import { mkdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { lastValueFrom, take, toArray } from 'rxjs';
import sharp from 'sharp';
import type { ImageBatch } from '../../src/base/plainData.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { Trainer } from '../../src/training/trainer.js';
import { smallConfig } from '../support/checkpoints.js';
import { useTestEngine } from '../support/engine.js';
import { writePictures } from '../support/pictures.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

useTestEngine();
const inFolder = useTemporaryFolder();
beforeEach(() => writePictures(inFolder('dataset'), 10));

const optionsOf = (more: TrainOptions = {}): TrainOptions => ({
  dataset: inFolder('dataset'),
  weightsFolder: inFolder('weights'),
  picturesFolder: inFolder('images'),
  runsFolder: null,
  cache: { folder: inFolder('cache') },
  previews: { samples: 1, iterations: 0 },
  ...more,
});

/** A run with these parameters; batches of four unless they say otherwise. */
const run = (training: readonly string[], more: TrainOptions = {}): Promise<TrainEvent[]> =>
  lastValueFrom(train(smallConfig(training), optionsOf(more)).pipe(toArray()));
/** Checkpoints take no time, and steps some, so that none is passed over. */
const instantly: TrainOptions = {
  checkpoints: { save: async () => undefined },
  createTrainer: async (config, more) => {
    const trainer = await Trainer.create(config, more);
    const step = trainer.step.bind(trainer);
    trainer.step = async (images, epoch) => {
      await setTimeout(50);
      return step(images, epoch);
    };
    return trainer;
  },
};
const ofType = <T extends TrainEvent['type']>(events: readonly TrainEvent[], type: T) =>
  events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type);
const stepsOf = (events: readonly TrainEvent[], type: 'checkpoint' | 'step') =>
  ofType(events, type).map(({ step }) => step);

/** Trains, and keeps every batch; `isBad` steps are told as not applied. */
function watching(batches: ImageBatch[], isBad: (step: number) => boolean = () => false) {
  const createTrainer: NonNullable<TrainOptions['createTrainer']> = async (config, more) => {
    const trainer = await Trainer.create(config, more);
    const step = trainer.step.bind(trainer);
    trainer.step = async (images, epoch) => {
      batches.push(images);
      const result = await step(images, epoch);
      return isBad(result.step) ? { ...result, applied: false, nonFinite: 'klPerGroup[0]' } : result;
    };
    return trainer;
  };
  return { createTrainer };
}

describe('training parameter', () => {
  test('batch_size should be the images of a step', async () => {
    const events = await run(['batch_size=3', 'epochs=1']);
    expect(ofType(events, 'step').map(({ batchSize }) => batchSize)).toEqual([3, 3, 3, 1]);
    expect(events[0]).toMatchObject({ type: 'started', batchSize: 3 });
  });

  test('write_reconstruction should give or leave out pictures of reconstructions', async () => {
    const kinds = async (value: boolean, weightsFolder: string) => {
      const events = await run([`write_reconstruction=${value}`, 'epochs=1'], { weightsFolder });
      return ofType(events, 'preview').map(({ kind }) => kind);
    };
    expect(await kinds(true, inFolder('with'))).toEqual(['reconstruction', 'samples']);
    expect(await kinds(false, inFolder('without'))).toEqual(['samples']);
  });

  test('images_per_checkpoint should be rounded up to whole batches', async () => {
    const more = ['epochs=2', 'epochs_per_checkpoint=100', 'batch_size=2'];
    const checkpointsAt = async (images: number, weightsFolder: string) =>
      stepsOf(
        await run([...more, `images_per_checkpoint=${images}`], { weightsFolder, ...instantly }),
        'checkpoint',
      );
    expect(await checkpointsAt(5, inFolder('a'))).toEqual([3, 6, 9, 10]);
    expect(await checkpointsAt(8, inFolder('b'))).toEqual([4, 8, 10]);
  });

  test('epochs_per_checkpoint should be the epochs between two', async () => {
    const checkpointsAt = async (epochs: number, weightsFolder: string) =>
      stepsOf(
        await run(['epochs=5', `epochs_per_checkpoint=${epochs}`], { weightsFolder, ...instantly }),
        'checkpoint',
      );
    expect(await checkpointsAt(2, inFolder('a'))).toEqual([6, 12, 15]);
    expect(await checkpointsAt(3, inFolder('b'))).toEqual([9, 15]);
  });

  test('epochs should be how long the run is, and -1 without end', async () => {
    const events = await run(['epochs=3']);
    expect(ofType(events, 'epoch').map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 9 });
    const endless$ = train(smallConfig(['epochs=-1', 'epochs_per_checkpoint=100']), optionsOf());
    const some = await lastValueFrom(endless$.pipe(take(24), toArray()));
    expect(ofType(some, 'finished')).toEqual([]);
    expect(Math.max(...ofType(some, 'epoch').map(({ epoch }) => epoch))).toBeGreaterThan(2);
  });

  test('seed should decide the order of the images', async () => {
    const order = async (seed: number, weightsFolder: string) => {
      const batches: ImageBatch[] = [];
      const events = await run([`seed=${seed}`, 'epochs=1', 'batch_size=1'], {
        weightsFolder,
        ...watching(batches),
      });
      expect(events[0]).toMatchObject({ type: 'started', seed });
      return batches.map(({ pixels }) => pixels[0]).join();
    };
    const first = await order(1, inFolder('a'));
    expect(await order(1, inFolder('b'))).toBe(first);
    expect(await order(2, inFolder('c'))).not.toBe(first);
  });

  test('augmentation should vary the images, from epoch to epoch too, and the same for the same seed', async () => {
    const dataset = inFolder('patterns');
    await writePatterns(dataset, 4);
    let runs = 0;
    const seen = async (setting: string) => {
      const batches: ImageBatch[] = [];
      const config = [`augmentation.${setting}`, 'epochs=3', 'batch_size=10', 'seed=3'];
      runs += 1;
      await run(config, { dataset, weightsFolder: inFolder(`weights${runs}`), ...watching(batches) });
      return batches.map(({ pixels }) => new Set(imagesIn(pixels)));
    };
    const off = await seen('crop=0');
    expect(off[1]).toEqual(off[0]);
    for (const setting of [
      'horizontal_flip=true',
      'crop=3',
      'brightness=0.5',
      'contrast=0.5',
      'saturation=0.5',
    ]) {
      const on = await seen(setting);
      expect(on).not.toEqual(off);
      expect(on.slice(1)).not.toEqual([on[0], on[0]]);
      if (setting === 'horizontal_flip=true') expect(await seen(setting)).toEqual(on);
    }
  });

  test('non_finite_limit should be the steps in a row that end the run', async () => {
    const more = watching([], (step) => step > 4 && step !== 7);
    const events: TrainEvent[] = [];
    const run$ = train(
      smallConfig(['epochs=9', 'non_finite_limit=3', 'epochs_per_checkpoint=1']),
      optionsOf(more),
    );
    const end = new Promise((resolve) =>
      run$.subscribe({ next: (event) => events.push(event), error: resolve }),
    );
    expect(await end).toMatchObject({ name: 'NonFiniteLossError', term: 'klPerGroup[0]' });
    expect(ofType(events, 'warning').map(({ message }) => message)).toEqual(
      [
        '5 was skipped: its klPerGroup[0] is not finite (1 of 3',
        '6 was skipped: its klPerGroup[0] is not finite (2 of 3',
        '8 was skipped: its klPerGroup[0] is not finite (1 of 3',
        '9 was skipped: its klPerGroup[0] is not finite (2 of 3',
      ].map((text) => expect.stringContaining(text)),
    );
  });

  test('a checkpoint should wait for a step that is applied', async () => {
    const more = watching([], (step) => step >= 6 && step < 8);
    const events = await run(['epochs=4', 'epochs_per_checkpoint=2'], more);
    expect(stepsOf(events, 'checkpoint')).toEqual([8, 12]);
    const bad = watching([], (step) => step >= 4);
    await expect(
      run(['epochs=9', 'epochs_per_checkpoint=1', 'non_finite_limit=4'], {
        ...bad,
        weightsFolder: inFolder('bad'),
      }),
    ).rejects.toThrow(/4 steps in a row/);
    expect((await loadCheckpoint(inFolder('bad', 'small.checkpoint'))).state.position.step).toBe(3);
  });
});

/** Images that look different when they are moved, mirrored or coloured. */
async function writePatterns(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i += 1) {
    const pixels = Uint8Array.from(
      { length: 8 * 8 * 3 },
      (_, at) => (at * (3 + 2 * i) + (at % 3) * 40) % 200,
    );
    const raw = { width: 8, height: 8, channels: 3 } as const;
    await sharp(pixels, { raw }).toFile(`${folder}/${i}.png`);
  }
}

function imagesIn(pixels: Uint8Array, length = 8 * 8 * 3): string[] {
  return Array.from({ length: pixels.length / length }, (_, i) =>
    pixels.subarray(i * length, (i + 1) * length).join(),
  );
}
