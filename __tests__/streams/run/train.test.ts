import { existsSync, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { concatMap, filter, firstValueFrom, lastValueFrom, of, Subject, tap, toArray } from 'rxjs';
import { CheckpointError } from '../../../src/checkpoint/checkpointError.js';
import { saveCheckpoint } from '../../../src/checkpoint/saveCheckpoint.js';
import { DatasetError } from '../../../src/data/datasetError.js';
import { EngineUnavailableError, useEngine } from '../../../src/engine/index.js';
import * as tf from '../../../src/engine/tf.js';
import { loadCheckpoint } from '../../../src/modelFiles/loadCheckpoint.js';
import { loadModel } from '../../../src/modelFiles/loadModel.js';
import type { Journaled } from '../../../src/streams/journal/entry.js';
import { readJournal } from '../../../src/streams/journal/readJournal.js';
import { NonFiniteLossError } from '../../../src/streams/run/errors.js';
import type { TrainEvent } from '../../../src/streams/run/events.js';
import type { RunCommand } from '../../../src/streams/run/runCommand.js';
import { train } from '../../../src/streams/run/train.js';
import type { TrainOptions } from '../../../src/streams/run/trainOptions.js';
import { Trainer } from '../../../src/training/trainer.js';
import { smallConfig } from '../../support/checkpoints.js';
import { collect } from '../../support/collect.js';
import { png, writePictures } from '../../support/pictures.js';
import { pointsOf, readLog } from '../../support/tensorBoard.js';
import { tiff } from '../../support/tiff.js';

let folder: string;
let options: TrainOptions;
beforeAll(() => useEngine('native').catch(() => useEngine('cpu')));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-train-'));
  options = {
    dataset: join(folder, 'dataset'),
    weightsFolder: join(folder, 'weights'),
    picturesFolder: join(folder, 'images'),
    runsFolder: join(folder, 'runs'),
    cache: { folder: join(folder, 'cache') },
    previews: { samples: 4, iterations: 1 },
  };
  await writePictures(join(folder, 'dataset'), 10);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const all = (config = smallConfig(), more: TrainOptions = {}): Promise<TrainEvent[]> =>
  lastValueFrom(train(config, { ...options, ...more }).pipe(toArray()));
const ofType = <T extends TrainEvent['type']>(events: readonly TrainEvent[], type: T) =>
  events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type);

async function weightsAfter(run: string): Promise<unknown> {
  const path = join(folder, run, 'small.checkpoint');
  const { tensors, state } = await loadCheckpoint(path);
  return { tensors: new Map(tensors), state };
}

describe('train', () => {
  test('should warn first if it will not fit into the memory', async () => {
    const [first, second] = await all(smallConfig(['epochs=1', 'batch_size=100000000']));
    expect(first).toMatchObject({ type: 'warning', about: 'memory' });
    expect(first).toMatchObject({
      message: expect.stringMatching(/^small in batches of 100000000 needs about \d+/),
    });
    expect(second).toMatchObject({ type: 'started' });
  });

  test('should train all epochs, write checkpoints, previews and the model, and leave no tensor', async () => {
    const before = tf.memory().numTensors;
    const events = await all(smallConfig(['epochs=2', 'epochs_per_checkpoint=1']));
    expect(tf.memory().numTensors).toBe(before);
    expect(events[0]).toMatchObject({
      type: 'started',
      images: 10,
      resumed: null,
      epochs: 2,
      engine: tf.getBackend(),
    });
    expect(ofType(events, 'step').map((event) => [event.step, event.epoch, event.batchSize])).toEqual([
      [1, 0, 4],
      [2, 0, 4],
      [3, 0, 2],
      [4, 1, 4],
      [5, 1, 4],
      [6, 1, 2],
    ]);
    expect(ofType(events, 'epoch').map((event) => event.imagesSeen)).toEqual([10, 20]);
    expect(ofType(events, 'checkpoint').at(-1)?.step).toBe(6);
    expect(ofType(events, 'preview').map((event) => event.kind)).toContain('reconstruction');
    expect(await readdir(join(folder, 'images', 'small'))).toContain('samples_20.png');
    const last = events.at(-1);
    expect(last).toMatchObject({ type: 'finished', step: 6, imagesSeen: 20 });
    const model = await loadModel(join(folder, 'weights', 'final_result_small.model'));
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('should keep runs of one configuration and different names apart, and resume each by its name', async () => {
    const config = smallConfig(['epochs=1']);
    const named = (name: string, more: TrainOptions = {}) => all(config, { ...more, name });
    const [one, two] = await Promise.all([named('one'), named('two', { seed: 9 })]);
    expect([one[0], two[0]]).toMatchObject([{ name: 'one' }, { name: 'two', seed: 9 }]);
    expect((await readdir(join(folder, 'weights'))).sort()).toEqual([
      'final_result_one.model',
      'final_result_two.model',
      'one.checkpoint',
      'two.checkpoint',
    ]);
    expect((await readdir(join(folder, 'images'))).sort()).toEqual(['one', 'two']);
    expect((await readdir(join(folder, 'runs'))).sort()).toEqual(['one', 'two']);
    const again = await all(smallConfig(['epochs=2']), { name: 'two' });
    expect(again[0]).toMatchObject({ name: 'two', seed: 9, resumed: { step: 3 } });
  });

  test('should refuse a name of a run that is a path before anything is read', () => {
    expect(() => train(smallConfig(), { ...options, name: 'a/b' })).toThrow(
      'name of the run: must be a name, not a path',
    );
  });

  test('should tell the means of an epoch over the images of its applied steps', async () => {
    const keys = ['loss', 'reconstructionLoss', 'balancedKl', 'regularization', 'kl'] as const;
    const createTrainer: TrainOptions['createTrainer'] = async (config, more) => {
      const trainer = await Trainer.create(config, more);
      const step = trainer.step.bind(trainer);
      trainer.step = async (images, epoch) => {
        const result = await step(images, epoch);
        return result.step === 2 || result.epoch === 1
          ? { ...result, loss: Number.NaN, applied: false, nonFinite: 'loss' }
          : result;
      };
      return trainer;
    };
    const events = await all(smallConfig(['epochs=2']), { createTrainer });
    const [first, , third] = ofType(events, 'step');
    const [one, two] = ofType(events, 'epoch');
    // Batches of 4 and 2: the last image counts as much as the first.
    const mean = (name: (typeof keys)[number]) => (4 * first![name] + 2 * third![name]) / 6;
    expect(one).toMatchObject({ epoch: 0, imagesTrained: 6 });
    for (const name of keys) expect(one![name]).toBeCloseTo(mean(name), 6);
    expect(one!.klPerGroup.reduce((sum, kl) => sum + kl)).toBeCloseTo(one!.kl, 6);
    expect(two).toMatchObject({ epoch: 1, imagesTrained: 0, loss: Number.NaN, klPerGroup: [] });
  });

  test('should tell the means of an epoch that was resumed in its middle over what came after that', async () => {
    const stop$ = new Subject<void>();
    await lastValueFrom(
      train(smallConfig(['epochs=1']), { ...options, stop$ }).pipe(
        tap((event) => event.type === 'step' && stop$.next()),
        toArray(),
      ),
    );
    const events = await all(smallConfig(['epochs=1']));
    const [second, third] = ofType(events, 'step');
    const [epoch] = ofType(events, 'epoch');
    expect(epoch).toMatchObject({ imagesTaken: 10, imagesTrained: 6 });
    expect(epoch!.loss).toBeCloseTo((4 * second!.loss + 2 * third!.loss) / 6, 6);
  });

  test('should resume to the same weights, bit for bit', async () => {
    const weightsFolder = join(folder, 'whole');
    await all(smallConfig(['epochs=2']), { weightsFolder });
    for (const stopAt of [2, 5, 9]) {
      const stop$ = new Subject<void>();
      const stopping = train(smallConfig(['epochs=2']), { ...options, stop$ }).pipe(
        tap((event) => event.type === 'step' && event.step === stopAt && stop$.next()),
        toArray(),
      );
      await lastValueFrom(stopping);
    }
    expect(await weightsAfter('weights')).toEqual(await weightsAfter('whole'));
  });

  test('should stop after the running step, with a checkpoint', async () => {
    const stop$ = new Subject<void>();
    const events$ = train(smallConfig(), { ...options, stop$ }).pipe(
      tap((event) => event.type === 'step' && event.step === 2 && stop$.next()),
      toArray(),
    );
    const events = await lastValueFrom(events$);
    expect(ofType(events, 'step')).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'stop', step: 2 });
    const { dataPosition } = await loadCheckpoint(join(folder, 'weights', 'small.checkpoint'));
    expect(dataPosition).toMatchObject({ epoch: 0, imagesTaken: 8 });
  });

  test('should stop after the given seconds', async () => {
    const events = await all(smallConfig(), { seconds: 0.3 });
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'seconds' });
  });

  test.each([2_592_000, 1e300, Number.POSITIVE_INFINITY])(
    'should train on for %d seconds',
    async (seconds) => {
      const events = await all(smallConfig(['epochs=1']), { seconds });
      expect(events.at(-1)).toMatchObject({ type: 'finished', step: 3 });
    },
  );

  test.each([-1, Number.NaN])('should refuse %d seconds', (seconds) => {
    expect(() => train(smallConfig(), { ...options, seconds })).toThrow(
      'train: seconds must be a number of at least 0',
    );
  });

  test('should leave no tensor and no checkpoint when unsubscribed within an epoch', async () => {
    const before = tf.memory().numTensors;
    await firstValueFrom(train(smallConfig(), options).pipe(filter((event) => event.type === 'step')));
    await until(() => tf.memory().numTensors === before);
    expect(await readdir(join(folder, 'weights'))).toEqual([]);
  });

  test('should leave no tensor when unsubscribed while it opens', async () => {
    const before = tf.memory().numTensors;
    let created: Promise<Trainer> | undefined;
    const createTrainer: TrainOptions['createTrainer'] = (config, more) => {
      created = Trainer.create(config, more);
      setTimeout(() => subscription.unsubscribe());
      return created.then((trainer) => new Promise((resolve) => setTimeout(() => resolve(trainer), 50)));
    };
    const subscription = train(smallConfig(), { ...options, createTrainer }).subscribe();
    await until(() => created !== undefined);
    await until(() => tf.memory().numTensors === before);
  });

  test('should complete and release on an abort', async () => {
    const before = tf.memory().numTensors;
    const abort = new AbortController();
    const events$ = train(smallConfig(), { ...options, signal: abort.signal }).pipe(
      tap((event) => event.type === 'step' && abort.abort()),
      toArray(),
    );
    expect(ofType(await lastValueFrom(events$), 'step')).toHaveLength(1);
    await until(() => tf.memory().numTensors === before);
  });

  test('should skip damaged images with a warning each', async () => {
    await writeFile(join(folder, 'dataset', 'text.png'), 'no image');
    const whole = await png(1, 2, 3, 200, 200);
    await writeFile(join(folder, 'dataset', 'truncated.png'), whole.subarray(0, whole.length / 2));
    const events = await all(smallConfig(['epochs=2']));
    const warnings = ofType(events, 'warning').map((event) => event.message);
    expect(warnings.filter((message) => message.includes('text.png: skipped'))).toHaveLength(1);
    expect(warnings.filter((message) => message.includes('truncated.png: skipped'))).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'finished', imagesSeen: 20 });
  });

  test('should refuse a missing, an empty and an all damaged dataset', async () => {
    const dataset = join(folder, 'other');
    await expect(all(smallConfig(), { dataset })).rejects.toThrow(/other: folder does not exist; create it/);
    await mkdir(dataset);
    await expect(all(smallConfig(), { dataset })).rejects.toThrow(/other: no images found /);
    await writeFile(join(dataset, 'a.png'), 'no image');
    const before = tf.memory().numTensors;
    await expect(all(smallConfig(), { dataset })).rejects.toBeInstanceOf(DatasetError);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('should refuse a changed architecture and name the key', async () => {
    await all(smallConfig(['epochs=1']));
    const config = smallConfig(['epochs=2']);
    const changed = { ...config, model: { ...config.model, latentSize: 3 } };
    await expect(all(changed)).rejects.toThrow(/latent_size 3 \(was 2\); undo the change/);
  });

  test('should go on from the checkpoint before when the last is cut in half', async () => {
    await all(smallConfig(['epochs=2', 'epochs_per_checkpoint=1']));
    const path = join(folder, 'weights', 'small.checkpoint');
    await truncate(path, 5000);
    const events = await all(smallConfig(['epochs=2', 'epochs_per_checkpoint=1']));
    expect(events[0]).toMatchObject({ type: 'started', resumed: { step: 3 } });
    expect(ofType(events, 'warning')[0]?.message).toMatch(/small\.checkpoint: .*using .*previous instead/);
    await truncate(path, 5000);
    await truncate(`${path}.previous`, 5000);
    await expect(all()).rejects.toBeInstanceOf(CheckpointError);
  });

  test('should refuse half precision on an engine without it, before anything is written', async () => {
    const tensors = tf.memory().numTensors;
    await useEngine('cpu');
    try {
      const run = all(smallConfig(['half_precision=true']));
      await expect(run).rejects.toThrow(
        /half_precision: expected false on the engine cpu, got true; use the engine/,
      );
      await expect(run).rejects.toBeInstanceOf(EngineUnavailableError);
    } finally {
      await useEngine('native');
    }
    expect(tf.memory().numTensors).toBe(tensors);
    expect(await readdir(join(folder, 'weights'))).toEqual([]);
  });

  test('should train, stop and go on in half precision as one run, bit for bit', async () => {
    const half = ['half_precision=true', 'use_tensor_checkpoints=true', 'epochs_per_checkpoint=1'];
    await all(smallConfig(['epochs=2', ...half]));
    const path = join(folder, 'weights', 'small.checkpoint');
    const { tensors } = await loadCheckpoint(path);
    await rm(join(folder, 'weights'), { recursive: true });
    await all(smallConfig(['epochs=1', ...half]));
    const events = await all(smallConfig(['epochs=2', ...half]));
    expect(ofType(events, 'warning')).toEqual([]);
    expect((await loadCheckpoint(path)).tensors).toEqual(tensors);
  });

  test('should write what it has when its images are gone', async () => {
    const dataset = join(folder, 'dataset');
    const cache = { memoryLimit: 0, folder: join(folder, 'blocked', 'cache') };
    await writeFile(join(folder, 'blocked'), '');
    const seen: TrainEvent[] = [];
    const run$ = train(smallConfig(['epochs_per_checkpoint=100']), { ...options, cache, datasetPatience: 0 });
    const run = lastValueFrom(
      run$.pipe(
        tap((event) => {
          seen.push(event);
          if (event.type === 'step' && event.step === 4) rmSync(dataset, { recursive: true });
        }),
      ),
    );
    await expect(run).rejects.toThrow(/dataset: none of its 10 images could be read/);
    const { state } = await loadCheckpoint(join(folder, 'weights', 'small.checkpoint'));
    expect(state.position.step).toBe(ofType(seen, 'step').at(-1)?.step);
  });

  test('should end with advice after too many steps that are not finite', async () => {
    const createTrainer: TrainOptions['createTrainer'] = async (config, more) => {
      const trainer = await Trainer.create(config, more);
      const step = trainer.step.bind(trainer);
      trainer.step = async (images, epoch) => ({
        ...(await step(images, epoch)),
        applied: false,
        nonFinite: 'loss',
      });
      return trainer;
    };
    const seen: TrainEvent[] = [];
    const run$ = train(smallConfig(['non_finite_limit=3']), { ...options, createTrainer });
    const run = lastValueFrom(run$.pipe(tap((event) => seen.push(event))));
    await expect(run).rejects.toBeInstanceOf(NonFiniteLossError);
    await expect(run).rejects.toThrow(/3 steps in a row .*last: loss.*lower learning_rate/);
    expect(ofType(seen, 'warning').map((event) => event.about)).toEqual(['step', 'step']);
    expect(ofType(seen, 'checkpoint')).toEqual([]);
    expect(seen.map((event): string => event.type)).not.toContain('failed');
    const last = (await collect(readJournal(join(folder, 'runs', 'small', 'events.jsonl')))).at(-1);
    await expect(run).rejects.toThrow(
      'there is no checkpoint yet, so the same command starts from the beginning',
    );
    const message = expect.stringMatching(/3 steps in a row.*no checkpoint yet/);
    expect(last).toMatchObject({ type: 'failed', error: 'NonFiniteLossError', message });
  });

  test('should save the state elsewhere when the checkpoint cannot be written', async () => {
    const save: typeof saveCheckpoint = async (path, checkpoint) => {
      if (path.includes('weights')) throw new Error('no space left');
      await saveCheckpoint(path, checkpoint);
    };
    const checkpoints = { retries: 1, retryDelay: 1, fallbackFolder: folder, save };
    const run = all(smallConfig(['epochs=1']), { checkpoints });
    await expect(run).rejects.toThrow(/could not be written .*the state is in .*rescued-.*small\.checkpoint/);
    const rescued = (await readdir(folder)).find((name) => name.startsWith('rescued-'));
    const { state } = await loadCheckpoint(join(folder, rescued ?? ''));
    expect(state.position.step).toBe(3);
  });

  test('should refuse a weights folder that cannot be written to before it starts', async () => {
    await writeFile(join(folder, 'blocked'), '');
    const before = tf.memory().numTensors;
    const run = all(smallConfig(), { weightsFolder: join(folder, 'blocked', 'weights') });
    await expect(run).rejects.toThrow(/small\.lock: cannot write to the folder for the weights: ENOTDIR/);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('should survive previews that cannot be written', async () => {
    await writeFile(join(folder, 'blocked'), '');
    const events = await all(smallConfig(['epochs=1']), {
      picturesFolder: join(folder, 'blocked', 'images'),
    });
    expect(ofType(events, 'warning').map((event) => event.about)).toEqual(['previews']);
    expect(events.at(-1)?.type).toBe('finished');
  });
});

describe('the TensorBoard log', () => {
  const log = () => readLog(join(folder, 'runs', 'small'));

  test('should have every step once, also those that were made again after a resume', async () => {
    const config = smallConfig(['epochs=2', 'epochs_per_checkpoint=1']);
    const stop$ = new Subject<void>();
    const stopping$ = train(config, { ...options, stop$ });
    await lastValueFrom(
      stopping$.pipe(tap((event) => event.type === 'step' && event.step === 5 && stop$.next())),
    );
    // As after a crash: the log has got further than the checkpoint.
    const path = join(folder, 'weights', 'small.checkpoint');
    await rename(`${path}.previous`, path);
    const events = await all(config);
    expect(events[0]).toMatchObject({ resumed: { step: 3 } });
    const logged = await log();
    const steps = ofType(events, 'step').map(({ imagesSeen, loss }) => [imagesSeen, Math.fround(loss)]);
    expect(pointsOf(logged, 'loss/iter').slice(-3)).toEqual(steps);
    const seen = [4, 8, 10, 14, 18, 20];
    expect(pointsOf(logged, 'kl_loss_0/iter').map(([x]) => x)).toEqual(seen);
    expect(pointsOf(logged, 'reconstructed image').map(([x]) => x)).toContain(20);
    expect(pointsOf(logged, 'generated image').map(([x]) => x)).toContain(20);
    expect(await readdir(join(folder, 'runs', 'small'))).toHaveLength(3); // two sessions, and the journal
  });

  test('should be whole before the run says that it has ended', async () => {
    let last: unknown;
    await lastValueFrom(
      train(smallConfig(['epochs=1']), options).pipe(
        concatMap(async (event) => {
          if (event.type === 'finished') last = pointsOf(await log(), 'loss/iter').at(-1)?.[0];
        }),
      ),
    );
    expect(last).toBe(10);
  });

  test('should not be there where none is wanted', async () => {
    const events = await all(smallConfig(['epochs=1']), { runsFolder: null });
    expect(events.at(-1)?.type).toBe('finished');
    expect(existsSync(join(folder, 'runs'))).toBe(false);
  });

  test('should cost one warning where it cannot be written, and so should the journal', async () => {
    await writeFile(join(folder, 'blocked'), '');
    const events = await all(smallConfig(['epochs=2', 'epochs_per_checkpoint=1']), {
      runsFolder: join(folder, 'blocked'),
    });
    const message = expect.stringMatching(/(ENOTDIR|EEXIST).*blocked/);
    expect(ofType(events, 'warning').sort((a, b) => b.about.localeCompare(a.about))).toEqual([
      { type: 'warning', about: 'tensorboard', message },
      { type: 'warning', about: 'journal', message },
    ]);
    expect(events.at(-1)?.type).toBe('finished');
  });
});

describe('the journal', () => {
  test('should have the events as they were told, with the last', async () => {
    const events = await all(smallConfig(['epochs=1']));
    const entries = await collect(readJournal(join(folder, 'runs', 'small', 'events.jsonl')));
    const told = entries.map(({ time, ...event }) => event);
    const others = (some: readonly Journaled[]) => some.filter(({ type }) => type !== 'step');
    expect(others(told)).toEqual(others(JSON.parse(JSON.stringify(events))));
    expect(told.find(({ type }) => type === 'step')).toMatchObject({
      step: 1,
      residentBytes: expect.any(Number),
    });
  });
});

describe('commands', () => {
  const config = () => smallConfig(['epochs=3', 'epochs_per_checkpoint=100']);
  /** The events of a run to which `react` may give commands. */
  async function run(react: (event: TrainEvent, tell: (command: RunCommand) => void) => void) {
    const commands$ = new Subject<RunCommand>();
    const tell = (command: RunCommand) => commands$.next(command);
    const events$ = train(config(), { ...options, commands$ }).pipe(tap((event) => react(event, tell)));
    return lastValueFrom(events$.pipe(toArray()));
  }
  const atStep = (step: number, event: TrainEvent) => event.type === 'step' && event.step === step;

  test('should write a checkpoint and pictures behind the next step, when asked to', async () => {
    const events = await run((event, tell) => {
      if (!atStep(2, event)) return;
      tell('checkpoint');
      tell('sample');
      tell('reconstruct');
    });
    const checkpoint = ofType(events, 'checkpoint')[0];
    expect(checkpoint).toMatchObject(position(3, 0, 3, 10));
    expect(ofType(events, 'preview').map(({ kind, step }) => [kind, step])).toEqual(
      expect.arrayContaining([
        ['samples', 3],
        ['reconstruction', 3],
      ]),
    );
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 9 });
  });

  test('should hold when paused, write what is asked for meanwhile, and go on as if nothing had been', async () => {
    await all(config(), { weightsFolder: join(folder, 'whole') });
    let stepsWhilePaused = 0;
    let paused = false;
    const events = await run((event, tell) => {
      if (atStep(4, event)) tell('pause');
      if (event.type === 'step' && paused) stepsWhilePaused += 1;
      if (event.type === 'paused') {
        paused = true;
        setTimeout(() => tell('checkpoint'), 20);
      }
      if (event.type === 'checkpoint' && paused) {
        setTimeout(() => {
          paused = false;
          tell('resume');
        }, 20);
      }
    });
    expect(stepsWhilePaused).toBe(0);
    const order = events.map((event) => event.type).filter((type) => !/step|preview|epoch/.test(type));
    expect(order).toEqual(['started', 'paused', 'checkpoint', 'resumed', 'checkpoint', 'finished']);
    expect(ofType(events, 'paused')).toEqual([{ type: 'paused', ...position(4, 1, 1, 14) }]);
    expect(ofType(events, 'checkpoint')[0]).toMatchObject(position(4, 1, 1, 14));
    expect(await weightsAfter('weights')).toEqual(await weightsAfter('whole'));
  });

  test('should stop while paused, with a checkpoint', async () => {
    const events = await run((event, tell) => {
      if (atStep(1, event)) tell('pause');
      if (event.type === 'paused') tell('stop');
    });
    expect(ofType(events, 'step')).toHaveLength(1);
    expect(ofType(events, 'checkpoint').map(({ step }) => step)).toEqual([1]);
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'stop', step: 1 });
  });

  const position = (step: number, epoch: number, batchInEpoch: number, imagesSeen: number) => ({
    step,
    epoch,
    batchInEpoch,
    imagesSeen,
  });
});

describe('the lock of a run', () => {
  test('should keep a second run of the name away, and let it in afterwards', async () => {
    const stop$ = new Subject<void>();
    // A run that is paused takes no time from the others.
    const first = lastValueFrom(train(smallConfig(), { ...options, stop$, commands$: of('pause') }));
    await until(() => existsSync(join(folder, 'weights', 'small.lock')));
    await expect(all()).rejects.toThrow(
      new RegExp(`small\\.lock: run "small" is in use by process ${process.pid} `),
    );
    await expect(all(smallConfig(['epochs=1'], 'other'))).resolves.toBeDefined();
    stop$.next();
    await first;
    expect(await readdir(join(folder, 'weights'))).not.toContain('small.lock');
    expect((await all(smallConfig(['epochs=1'])))[0]).toMatchObject({ type: 'started' });
  });

  test('should be there for a run that follows an unsubscribe at once', async () => {
    await firstValueFrom(train(smallConfig(), options).pipe(filter((event) => event.type === 'step')));
    expect((await all(smallConfig(['epochs=1']))).at(-1)).toMatchObject({ type: 'finished' });
  });
});

test('a dataset that has changed within an epoch should be told', async () => {
  const stop$ = new Subject<void>();
  const stopping$ = train(smallConfig(), { ...options, stop$ });
  await lastValueFrom(stopping$.pipe(tap((event) => event.type === 'step' && stop$.next())));
  await writeFile(join(folder, 'dataset', 'new.png'), await png(1, 2, 3));
  const events = await all(smallConfig(['epochs=1']));
  expect(ofType(events, 'warning').map((event) => event.message)).toEqual([
    expect.stringMatching(
      /the dataset has changed since the checkpoint \(10 images before, 11 now\).*another --name.*The order of the rest/,
    ),
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'finished', imagesSeen: 11 });
});

describe('a dataset that is another', () => {
  const told = (events: readonly TrainEvent[]) =>
    ofType(events, 'warning').flatMap(({ about, message }) => (about === 'dataset' ? [message] : []));
  const until4 = async () => {
    const stop$ = new Subject<void>();
    const stopping$ = train(smallConfig(), { ...options, stop$ });
    await lastValueFrom(
      stopping$.pipe(tap((event) => event.type === 'step' && event.imagesTaken >= 4 && stop$.next())),
    );
  };

  test('should be told at the boundary of an epoch too, and what to do', async () => {
    await all(smallConfig(['epochs=1', 'epochs_per_checkpoint=1']));
    const other = join(folder, 'other');
    await writePictures(other, 7);
    const events = await all(smallConfig(['epochs=2']), { dataset: other });
    expect(told(events)).toEqual([
      'the dataset has changed since the checkpoint (10 images before, 7 now); training continues with it: ' +
        'to train on it from scratch, pass another --name; to use the previous one, pass its --dataset',
    ]);
    expect(ofType(events, 'epoch').map(({ epoch, imagesTaken }) => [epoch, imagesTaken])).toEqual([[1, 7]]);
    // Told once: from here on they are its own.
    expect(told(await all(smallConfig(['epochs=3']), { dataset: other }))).toEqual([]);
  });

  test('should be told where only what the files hold has changed', async () => {
    await all(smallConfig(['epochs=1', 'epochs_per_checkpoint=1']));
    await writeFile(join(folder, 'dataset', '00.png'), await png(1, 2, 3, 300, 200));
    const [message] = told(await all(smallConfig(['epochs=2'])));
    expect(message).toContain('(the same names, but different content)');
  });

  test('should be told where it has shrunk, and end its epoch, though nothing of that is left', async () => {
    await until4();
    for (const i of [3, 4, 5, 6, 7, 8, 9]) await rm(join(folder, 'dataset', `0${i}.png`));
    const events = await all(smallConfig(['epochs=2']));
    expect(told(events)).toEqual([expect.stringContaining('10 images before, 3 now')]);
    expect(ofType(events, 'epoch').map(({ epoch, imagesTaken }) => [epoch, imagesTaken])).toEqual([
      [0, 3],
      [1, 3],
    ]);
  });

  test('should begin the next epoch where it has grown after a whole one', async () => {
    await all(smallConfig(['epochs=1', 'epochs_per_checkpoint=1']));
    await writeFile(join(folder, 'dataset', 'new.png'), await png(1, 2, 3));
    const events = await all(smallConfig(['epochs=2']));
    expect(ofType(events, 'epoch').map(({ epoch, imagesTaken }) => [epoch, imagesTaken])).toEqual([[1, 11]]);
  });

  test('should not be told of one that is the same, elsewhere and with other times', async () => {
    await all(smallConfig(['epochs=1', 'epochs_per_checkpoint=1']));
    await cp(join(folder, 'dataset'), join(folder, 'copy'), { recursive: true });
    expect(told(await all(smallConfig(['epochs=2']), { dataset: join(folder, 'copy') }))).toEqual([]);
  });
});

test('should say that its checkpoint is intact where the final model cannot be written', async () => {
  const config = smallConfig(['epochs=1']);
  await mkdir(join(folder, 'weights', `final_result_${config.name}.model`), { recursive: true });
  await expect(all(config)).rejects.toThrow(
    /final_result_.* cannot be written: .*; the last checkpoint is intact, and the same command resumes/,
  );
});

describe('what a run leaves out of its dataset', () => {
  test('should be told in one warning, its own pictures not be learned', async () => {
    const more = { dataset: folder };
    expect((await all(smallConfig(['epochs=1', 'epochs_per_checkpoint=1']), more))[0]).toMatchObject({
      images: 10,
    });
    const events = await all(smallConfig(['epochs=2']), more);
    expect(events[0]).toMatchObject({ type: 'started', images: 10 });
    expect(ofType(events, 'warning').map(({ message }) => message)).toEqual([
      `${folder}: left out 1 picture or folder written by nvae (images/small)`,
    ]);
  });

  test('should be told where the first images are all one colour', async () => {
    const dataset = join(folder, 'white');
    await mkdir(dataset);
    for (let i = 0; i < 3; i += 1) await writeFile(join(dataset, `${i}.png`), await png(255, 255, 255));
    const messages = ofType(await all(smallConfig(['epochs=1']), { dataset }), 'warning').map(
      (event) => event.message,
    );
    expect(messages).toEqual([
      expect.stringContaining('the first 3 images are all one colour (red, green, blue 255, 255, 255)'),
    ]);
  });

  test('should be told where the first images are nearly black, as 12 bits in a file of 16', async () => {
    const dataset = join(folder, 'dark');
    await mkdir(dataset);
    for (let i = 0; i < 3; i += 1) {
      await writeFile(join(dataset, `${i}.tif`), tiff({ pixel: [4095 - 500 * i], bits: 16 }));
    }
    const messages = ofType(await all(smallConfig(['epochs=1']), { dataset }), 'warning').map(
      (event) => event.message,
    );
    expect(messages).toEqual([
      expect.stringContaining('the first 3 images are all nearly black (no value is above 15 of 255)'),
    ]);
  });

  test('should be what is larger than max_pixels', async () => {
    await writeFile(join(folder, 'dataset', 'large.png'), await png(1, 2, 3, 100, 100));
    const messages = async (keys: string[]) =>
      ofType(await all(smallConfig(['epochs=1', ...keys])), 'warning').map((event) => event.message);
    expect(await messages(['max_pixels=9999'])).toEqual([
      expect.stringMatching(
        /large\.png: skipped: too large: 100 x 100 pixels, more than 9999; raise max_pixels/,
      ),
    ]);
    await rm(join(folder, 'weights'), { recursive: true });
    expect(await messages(['max_pixels=10000'])).toEqual([]);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(condition()).toBe(true);
}
