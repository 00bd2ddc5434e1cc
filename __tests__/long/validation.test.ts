/** Held-out images in a run: what is measured, what is written, and that training does not notice. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { filter, firstValueFrom, lastValueFrom, Subject, take, tap, toArray } from 'rxjs';
import type { NamedImages } from '../../src/base/plainData.js';
import { stepOfBestModel } from '../../src/checkpoint/bestModel.js';
import { readModelFile } from '../../src/checkpoint/readModelFile.js';
import { saveCheckpoint } from '../../src/checkpoint/saveCheckpoint.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { nameHash } from '../../src/data/nameHash.js';
import * as tf from '../../src/engine/tf.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { loadModel } from '../../src/modelFiles/loadModel.js';
import { readJournal } from '../../src/streams/journal/readJournal.js';
import type { TrainEvent, ValidationEvent } from '../../src/streams/run/events.js';
import type { RunCommand } from '../../src/streams/run/runCommand.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { Trainer } from '../../src/training/trainer.js';
import { smallConfig } from '../support/checkpoints.js';
import { useTestEngine } from '../support/engine.js';
import { writePictures } from '../support/pictures.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';
import { pointsOf, readLog } from '../support/tensorBoard.js';

useTestEngine();
const inFolder = useTemporaryFolder();
let options: TrainOptions;
beforeEach(async () => {
  options = {
    dataset: inFolder('dataset'),
    weightsFolder: inFolder('weights'),
    picturesFolder: inFolder('images'),
    runsFolder: inFolder('runs'),
    cache: { folder: inFolder('cache') },
    previews: { samples: 0 },
    checkpoints: { retryDelay: 1 },
  };
  await writePictures(inFolder('dataset'), 10);
  await writePictures(inFolder('held'), 6);
});

const config = (...training: string[]) => smallConfig(['epochs_per_checkpoint=1', 'epochs=3', ...training]);
const inFolderOf = (folder: string) => `validation.folder=${folder}`;
const run = (given = config(), more: TrainOptions = {}): Promise<TrainEvent[]> =>
  lastValueFrom(train(given, { ...options, ...more }).pipe(toArray()));
const ofType = <T extends TrainEvent['type']>(events: readonly TrainEvent[], type: T) =>
  events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type);
/** What a validation has measured: the same in every session. */
const measured = (events: readonly TrainEvent[]) =>
  ofType(events, 'validation').map(({ seconds, ...rest }: ValidationEvent) => ({
    ...rest,
    bestModel: rest.bestModel && { ...rest.bestModel, path: '' },
  }));
const checkpoint = (weights = 'weights') => loadCheckpoint(`${inFolder(weights)}/small.checkpoint`);
const bestPath = (weights = 'weights') => `${inFolder(weights)}/small.best.model`;

/** A trainer whose validations have these bits per dimension in turn; null for what it measures. */
function measuring(bits: readonly number[]): TrainOptions {
  let validation = 0;
  const createTrainer: NonNullable<TrainOptions['createTrainer']> = async (given, more) => {
    const trainer = await Trainer.create(given, more);
    const evaluate = trainer.evaluate.bind(trainer);
    const dimensions = 3 * given.model.inputDimension ** 2;
    trainer.evaluate = async (batch) => {
      const result = await evaluate(batch);
      const nats = (bits[validation] ?? Number.NaN) * dimensions * Math.LN2;
      if (batch.names.length < given.training.batchSize) validation += 1; // the last batch
      return { ...result, negativeElboMass: result.negativeElboMass.map(() => nats) };
    };
    return trainer;
  };
  return { createTrainer };
}

/** A trainer that tells of each batch before it is evaluated, with its number from 1. */
function onEvaluation(tell: (batch: NamedImages, number: number) => void): TrainOptions {
  let evaluated = 0;
  const createTrainer: NonNullable<TrainOptions['createTrainer']> = async (given, more) => {
    const trainer = await Trainer.create(given, more);
    const evaluate = trainer.evaluate.bind(trainer);
    trainer.evaluate = (batch) => {
      evaluated += 1;
      tell(batch, evaluated);
      return evaluate(batch);
    };
    return trainer;
  };
  return { createTrainer };
}

describe('a validation', () => {
  test('should follow every epoch, with means over all held-out images, and leave no tensor', async () => {
    const before = tf.memory().numTensors;
    const events = await run(config(inFolderOf(inFolder('held'))));
    expect(tf.memory().numTensors).toBe(before);
    expect(ofType(events, 'warning')).toEqual([]);
    expect(ofType(events, 'started')).toMatchObject([{ images: 10, validationImages: 6 }]);
    const types = events.map(({ type }) => type).filter((type) => ['epoch', 'validation'].includes(type));
    expect(types).toEqual(['epoch', 'validation', 'epoch', 'validation', 'epoch', 'validation']);
    for (const [epoch, event] of ofType(events, 'validation').entries()) {
      expect(event).toMatchObject({ epoch, images: 6, step: 3 * (epoch + 1), imagesSeen: 10 * (epoch + 1) });
      expect(event.reconstructionLoss + event.kl).toBeCloseTo(event.negativeElbo, 3);
      expect(event.klPerGroup).toHaveLength(ofType(events, 'started')[0]!.latentShapes.length);
      expect(event.bitsPerDimension).toBeGreaterThan(0);
    }
  });

  test('should be what the model in the file of the best model measures', async () => {
    const events = await run(config(inFolderOf(inFolder('held')), 'epochs=1'));
    const [validation] = ofType(events, 'validation');
    expect(validation).toMatchObject({
      best: true,
      bestModel: { path: bestPath(), bitsPerDimension: validation!.bitsPerDimension, epoch: 0 },
    });
    const { tensors, metadata } = await readModelFile(bestPath());
    expect([...tensors.keys()].some((name) => name.startsWith('adamax.'))).toBe(false);
    const final = await readModelFile(`${inFolder('weights')}/final_result_small.model`);
    expect(new Map(tensors)).toEqual(new Map(final.tensors));
    expect(JSON.parse(metadata.get('best')!)).toEqual({
      bitsPerDimension: validation!.bitsPerDimension,
      epoch: 0,
      step: 3,
    });
    (await loadModel(bestPath())).dispose();
    expect(ofType(events, 'finished')).toMatchObject([{ bestModel: validation!.bestModel }]);
  });

  test('should change nothing that training depends on, bit for bit', async () => {
    await run(config());
    await run(config(inFolderOf(inFolder('held'))), { weightsFolder: inFolder('measured') });
    const [without, withIt] = [await checkpoint(), await checkpoint('measured')];
    expect(withIt.tensors).toEqual(without.tensors);
    expect(withIt.state).toEqual(without.state);
    expect(withIt.dataPosition).toEqual(without.dataPosition);
  });

  test('should happen after the epochs that the configuration names, and after the last', async () => {
    const events = await run(config(inFolderOf(inFolder('held')), 'validation.epochs=2'));
    expect(ofType(events, 'validation').map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  test('should be in the journal and in the TensorBoard log', async () => {
    const events = await run(config(inFolderOf(inFolder('held'))));
    const entries = await lastValueFrom(
      readJournal(`${inFolder('runs')}/small/events.jsonl`).pipe(toArray()),
    );
    const journaled = entries.filter(({ type }) => type === 'validation');
    expect(journaled).toMatchObject(ofType(events, 'validation'));
    const points = pointsOf(await readLog(`${inFolder('runs')}/small`), 'validation/bits_per_dimension');
    const expected = ofType(events, 'validation').map(({ imagesSeen, bitsPerDimension }) => [
      imagesSeen,
      Math.fround(bitsPerDimension),
    ]);
    expect(points).toEqual(expected);
  });

  test('should measure fewer images where the configuration says so, always the same ones', async () => {
    const names: string[][] = [];
    const given = config(inFolderOf(inFolder('held')), 'validation.images=3', 'epochs=2');
    const events = await run(
      given,
      onEvaluation((batch) => names.push([...batch.names])),
    );
    expect(ofType(events, 'validation').map(({ images }) => images)).toEqual([3, 3]);
    const all = (await readdir(inFolder('held'))).sort((a, b) => nameHash(a) - nameHash(b));
    expect(names).toEqual([all.slice(0, 3), all.slice(0, 3)]);
  });
});

describe('held-out images', () => {
  const images = datasetOf(40, (index, size) => new Uint8Array(size * size * 3).fill(5 * index));
  const isHeldOut = (index: number) => nameHash(String(index)) < 0.25;

  test('should never be trained on', async () => {
    const trained = new Set<number>();
    const augment: NonNullable<TrainOptions['augment']> = (image) => {
      trained.add(Number(image.name));
      return image;
    };
    const events = await run(config('validation.fraction=0.25', 'epochs=1'), { dataset: images, augment });
    const indexes = Array.from({ length: 40 }, (_, i) => i);
    expect([...trained].sort((a, b) => a - b)).toEqual(indexes.filter((i) => !isHeldOut(i)));
    const held = indexes.filter(isHeldOut).length;
    expect(held).toBeGreaterThan(0);
    expect(ofType(events, 'started')).toMatchObject([{ images: 40 - held, validationImages: held }]);
    expect(ofType(events, 'validation')).toMatchObject([{ images: held }]);
    expect(ofType(events, 'epoch')).toMatchObject([{ imagesTaken: 40 - held }]);
  });

  test('should be left out of the dataset where their folder lies in it', async () => {
    await rename(inFolder('held'), `${inFolder('dataset')}/held`);
    const events = await run(config(inFolderOf(`${inFolder('dataset')}/held`), 'epochs=1'));
    expect(ofType(events, 'started')).toMatchObject([{ images: 10, validationImages: 6 }]);
    expect(ofType(events, 'warning')).toEqual([]);
  });

  test('should not contain the dataset where that lies in their folder', async () => {
    await rename(inFolder('dataset'), `${inFolder('held')}/train`);
    const dataset = `${inFolder('held')}/train`;
    const events = await run(config(inFolderOf(inFolder('held')), 'epochs=1'), { dataset });
    expect(ofType(events, 'started')).toMatchObject([{ images: 10, validationImages: 6 }]);
  });

  test.each([
    ['dataset', /dataset: training_parameters\.validation\.folder is the dataset itself; give the folder/],
    [
      'missing',
      /missing: folder does not exist; create it, or change training_parameters\.validation\.folder/,
    ],
    [
      'empty',
      /empty: no images found .* held-out images there, or change training_parameters\.validation\.folder/,
    ],
  ])('should not be those of the folder "%s"', async (folder, message) => {
    await mkdir(inFolder('empty'));
    await expect(run(config(inFolderOf(inFolder(folder))))).rejects.toThrow(message);
    expect(existsSync(inFolder('weights'))).toBe(false);
  });

  test('should be reported where there are none, and not be all', async () => {
    const few = datasetOf(3, (_, size) => new Uint8Array(size * size * 3));
    const none = await run(config('validation.fraction=0.000001', 'epochs=1'), { dataset: few });
    expect(ofType(none, 'warning').slice(0, 1)).toMatchObject([
      {
        about: 'dataset',
        message:
          'dataset: none of its 3 images is held out by training_parameters.validation.fraction 0.000001, so there is no validation; raise it, or add images',
      },
    ]);
    expect(ofType(none, 'validation')).toEqual([]);
    expect(ofType(none, 'finished')[0]).not.toHaveProperty('bestModel');
    await expect(run(config('validation.fraction=0.999999'), { dataset: few })).rejects.toThrow(
      'all of its 3 images are held out by training_parameters.validation.fraction 0.999999; lower it',
    );
  });

  test('should be what previews reconstruct', async () => {
    const shown = new Set<number>();
    const createTrainer: NonNullable<TrainOptions['createTrainer']> = async (given, more) => {
      const trainer = await Trainer.create(given, more);
      const reconstruct = trainer.reconstruct.bind(trainer);
      trainer.reconstruct = (batch) => {
        const length = batch.pixels.length / batch.shape[0];
        for (let i = 0; i < batch.pixels.length; i += length) shown.add(batch.pixels[i]! / 5);
        return reconstruct(batch);
      };
      return trainer;
    };
    await run(config('validation.fraction=0.25', 'epochs=1'), { dataset: images, createTrainer });
    expect(shown.size).toBeGreaterThan(1);
    expect([...shown].every(isHeldOut)).toBe(true);
  });

  test('should be skipped where they cannot be decoded, with a warning', async () => {
    const broken = {
      ...images,
      decode: (item: { name: string }, size: number, signal: AbortSignal) => {
        if (isHeldOut(Number(item.name)) && Number(item.name) > 20) throw new Error('no pixels');
        return images.decode(item, size, signal);
      },
    };
    const events = await run(config('validation.fraction=0.25', 'epochs=1'), { dataset: broken });
    const held = Array.from({ length: 40 }, (_, i) => i).filter(isHeldOut);
    const readable = held.filter((i) => i <= 20).length;
    expect(readable).toBeGreaterThan(0);
    expect(ofType(events, 'validation')).toMatchObject([{ images: readable, best: true }]);
    expect(ofType(events, 'warning').length).toBeGreaterThan(0);
  });

  test('should not make a best model while some cannot be read, and the run goes on while none can', async () => {
    for (const [unread, images_] of [
      [(i: number) => i > 20, 'some'],
      [() => true, 'none'],
    ] as const) {
      const gone = {
        ...images,
        decode: (item: { name: string }, size: number, signal: AbortSignal) => {
          const index = Number(item.name);
          if (isHeldOut(index) && unread(index)) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
          return images.decode(item, size, signal);
        },
      };
      const weightsFolder = inFolder(images_);
      const events = await run(config('validation.fraction=0.25', 'epochs=1'), {
        dataset: gone,
        weightsFolder,
      });
      expect(existsSync(bestPath(images_))).toBe(false);
      expect(ofType(events, 'finished')).toMatchObject([{ bestModel: null }]);
      if (images_ === 'some')
        expect(ofType(events, 'validation')).toMatchObject([{ best: false, bestModel: null }]);
      else {
        expect(ofType(events, 'validation')).toEqual([]);
        const about = ofType(events, 'warning').filter((event) => event.about === 'validation');
        expect(about.at(-1)!.message).toMatch(
          /^validation after epoch 1: none of its \d+ images can be read/,
        );
      }
    }
  });
});

describe('the best model', () => {
  const held = () => inFolderOf(inFolder('held'));

  test('should be the one with the lowest bits per dimension', async () => {
    const events = await run(config(held(), 'epochs=4'), measuring([5, 3, 4, 3]));
    expect(ofType(events, 'validation').map(({ best, bestModel }) => [best, bestModel?.epoch])).toEqual([
      [true, 0],
      [true, 1],
      [false, 1],
      [false, 1],
    ]);
    expect(await stepOfBestModel(bestPath())).toBe(6);
    expect(ofType(events, 'finished')).toMatchObject([{ bestModel: { epoch: 1, bitsPerDimension: 3 } }]);
  });

  test('should be none while the numbers are not finite', async () => {
    const events = await run(config(held(), 'epochs=2'), measuring([Number.NaN, 4]));
    expect(ofType(events, 'validation').map(({ best }) => best)).toEqual([false, true]);
  });

  test('should survive a resume', async () => {
    await run(config(held(), 'epochs=2'), measuring([3, 4]));
    const events = await run(config(held(), 'epochs=4'), measuring([3.5, 2]));
    expect(ofType(events, 'validation').map(({ best, bestModel }) => [best, bestModel?.epoch])).toEqual([
      [false, 0],
      [true, 3],
    ]);
  });

  test('should begin anew where its file is gone, or other images are measured', async () => {
    await run(config(held(), 'epochs=1'), measuring([1]));
    await rm(bestPath());
    const gone = await run(config(held(), 'epochs=2'), measuring([2]));
    expect(ofType(gone, 'validation')).toMatchObject([{ best: true }]);
    const fewer = config(held(), 'epochs=3', 'validation.images=5');
    const other = await run(fewer, measuring([3]));
    expect(ofType(other, 'validation')).toMatchObject([{ best: true, images: 5 }]);
    expect(ofType(other, 'warning')).toMatchObject([
      {
        about: 'validation',
        message:
          'the held-out images have changed since the checkpoint (6 before, 5 now); the next validation starts a new best model',
      },
    ]);
  });

  test('should not end the run where it cannot be written, and be tried again', async () => {
    await mkdir(`${bestPath()}/in the way`, { recursive: true });
    const stage = measuring([5, 4, 3]);
    const events: TrainEvent[] = [];
    const run$ = train(config(held()), { ...options, ...stage }).pipe(tap((event) => events.push(event)));
    await lastValueFrom(
      run$.pipe(
        tap((event) => {
          if (event.type === 'validation' && event.epoch === 1) {
            // gone before the next one
            void rm(bestPath(), { recursive: true });
          }
        }),
      ),
    );
    expect(ofType(events, 'validation').map(({ best, bestModel }) => [best, bestModel?.epoch])).toEqual([
      [false, undefined],
      [false, undefined],
      [true, 2],
    ]);
    const about = ofType(events, 'warning').filter((event) => event.about === 'validation');
    expect(about).toHaveLength(2);
    expect(about[0]!.message).toMatch(
      /small\.best\.model: cannot be written: .*epoch 1\) could not be written/,
    );
    expect(events.at(-1)).toMatchObject({ type: 'finished' });
  });
});

describe('a run that is interrupted', () => {
  const given = () => config(inFolderOf(inFolder('held')));

  test('should measure the same after a kill between the best model and its checkpoint', async () => {
    // What is on disk before the second checkpoint is written: the best model of the second epoch, and the first checkpoint.
    let saves = 0;
    const save: NonNullable<NonNullable<TrainOptions['checkpoints']>['save']> = async (path, content) => {
      saves += 1;
      if (saves === 2) await cp(inFolder('whole'), inFolder('weights'), { recursive: true });
      await saveCheckpoint(path, content);
    };
    const whole = await run(given(), { weightsFolder: inFolder('whole'), checkpoints: { save } });
    await rm(`${inFolder('weights')}/small.lock`);
    expect([await stepOfBestModel(bestPath()), (await checkpoint()).state.position.step]).toEqual([6, 3]);
    const second = await run(given());
    expect(measured(second)).toEqual(measured(whole).slice(1));
    expect((await checkpoint()).tensors).toEqual((await checkpoint('whole')).tensors);
    expect((await checkpoint()).validation).toEqual((await checkpoint('whole')).validation);
  });

  test('should stop within a validation, and measure again when it is resumed', async () => {
    const whole = await run(given(), { weightsFolder: inFolder('whole') });
    const stop$ = new Subject<void>();
    let evaluated = 0;
    const stopping = onEvaluation((_, number) => {
      evaluated = number;
      if (number === 3) stop$.next(); // the first of two batches of the second validation
    });
    const first = await run(given(), { stop$, ...stopping });
    expect(evaluated).toBe(3);
    expect(first.at(-1)).toMatchObject({ type: 'stopped', step: 6 });
    expect(measured(first)).toEqual(measured(whole).slice(0, 1));
    const second = await run(given());
    expect(measured(second)).toEqual(measured(whole).slice(1));
    expect((await checkpoint()).tensors).toEqual((await checkpoint('whole')).tensors);
  });

  test('should pause within a validation, and write what is asked for', async () => {
    const commands$ = new Subject<RunCommand>();
    let evaluated = 0;
    const pausing = onEvaluation((_, number) => {
      evaluated = number;
      if (number === 1) commands$.next('pause');
    });
    const events: TrainEvent[] = [];
    await lastValueFrom(
      train(given(), { ...options, ...pausing, commands$ }).pipe(
        tap((event) => {
          events.push(event);
          if (event.type === 'paused') commands$.next('checkpoint');
          if (event.type === 'checkpoint' && evaluated === 1) commands$.next('resume');
        }),
      ),
    );
    const types = events.map(({ type }) => type);
    const first = types.indexOf('epoch');
    expect(types.slice(first, first + 5)).toEqual(['epoch', 'paused', 'checkpoint', 'resumed', 'validation']);
    expect(measured(events).map(({ images }) => images)).toEqual([6, 6, 6]);
  });

  test('should leave no tensor and no lock where it is unsubscribed from in a validation', async () => {
    const before = tf.memory().numTensors;
    await firstValueFrom(
      train(given(), options).pipe(
        filter(({ type }) => type === 'epoch'),
        take(1),
      ),
    );
    const again = await run(config(inFolderOf(inFolder('held')), 'epochs=1'));
    expect(again.at(-1)).toMatchObject({ type: 'finished' });
    expect(tf.memory().numTensors).toBe(before);
  });
});
