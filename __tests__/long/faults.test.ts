/** What goes wrong around a run while it lasts. Nothing that was saved is ever lost, and what happens is said. */
import { existsSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { lastValueFrom, tap, toArray } from 'rxjs';
import { CheckpointError } from '../../src/checkpoint/checkpointError.js';
import { DatasetError } from '../../src/data/datasetError.js';
import { imageCache } from '../../src/data/imageCache.js';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { loadModel } from '../../src/modelFiles/loadModel.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { Trainer } from '../../src/training/trainer.js';
import { smallConfig } from '../support/checkpoints.js';
import { canMount, type FaultyDisk, simulated, tmpfs } from '../support/disks.js';
import { png, writePictures } from '../support/pictures.js';

let folder: string;
let options: TrainOptions;
let disks: FaultyDisk[];
let tensors: number;
beforeAll(() => useEngine('native').catch(() => useEngine('cpu')));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-faults-'));
  disks = [];
  tensors = tf.memory().numTensors;
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
afterEach(async () => {
  for (const disk of disks) disk.unmount();
  await rm(folder, { recursive: true, force: true });
  expect(tf.memory().numTensors).toBe(tensors);
});

/** A run, what it told until its end, and the error that it ended with. */
async function run(
  config = smallConfig(['epochs=2', 'epochs_per_checkpoint=1']),
  more: TrainOptions = {},
  react: (event: TrainEvent) => void = () => undefined,
): Promise<{ events: TrainEvent[]; error: unknown }> {
  const events: TrainEvent[] = [];
  const collect = tap((event: TrainEvent) => {
    events.push(event);
    react(event);
  });
  try {
    await lastValueFrom(train(config, { ...options, ...more }).pipe(collect, toArray()));
    return { events, error: null };
  } catch (error) {
    return { events, error };
  }
}

const oneEpoch = () => smallConfig(['epochs=1', 'epochs_per_checkpoint=1']);
const checkpointPath = (weights = 'weights') => join(folder, weights, 'small.checkpoint');
const ofType = <T extends TrainEvent['type']>(events: readonly TrainEvent[], type: T) =>
  events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type);
const warningsOf = (events: readonly TrainEvent[], about: string) =>
  ofType(events, 'warning')
    .filter((event) => event.about === about)
    .map((event) => event.message);
const messageOf = (error: unknown) => (error as Error | null)?.message ?? '';
const atStep = (step: number, act: () => void) => (event: TrainEvent) => {
  if (event.type === 'step' && event.step === step) act();
};
async function stateAfter(path: string): Promise<unknown> {
  const { tensors, state } = await loadCheckpoint(path);
  return { tensors: new Map(tensors), state };
}
async function stepOf(path: string): Promise<number> {
  return (await loadCheckpoint(path)).state.position.step;
}
/** Names of files that a failed write would leave behind. */
const picturesIn = async (path: string) => {
  const names = await readdir(path, { recursive: true });
  return names.filter((name) => name.endsWith('.png'));
};
const leftovers = async (path: string) => (await readdir(path)).filter((name) => name.includes('partial'));

type It = (name: string, body: () => Promise<void>) => void;
const kinds: [string, It, (path: string, bytes: number) => FaultyDisk][] = [
  ['of its own', canMount ? test : test.skip, tmpfs],
  ['that is simulated', test, simulated],
];
function disk(make: (path: string, bytes: number) => FaultyDisk, name: string, bytes = 2 ** 20): FaultyDisk {
  const made = make(join(folder, name), bytes);
  disks.push(made);
  return made;
}

describe.each(kinds)('a disk %s for the weights', (_, it, make) => {
  const retries = (target: FaultyDisk) => ({
    retries: 2,
    retryDelay: 10,
    fallbackFolder: join(folder, 'rescue'),
    ...(target.save && { save: target.save }),
  });

  it('should, when full, keep the checkpoint before, and rescue a state that the run can go on from', async () => {
    await run(undefined, { weightsFolder: join(folder, 'whole') });
    const weights = disk(make, 'weights');
    await run(oneEpoch());
    const before = await readFile(checkpointPath());
    const react = atStep(5, () => weights.fill());
    const { events, error } = await run(undefined, { checkpoints: retries(weights) }, react);
    expect(await readFile(checkpointPath())).toEqual(before);
    expect(await stepOf(checkpointPath())).toBe(3);
    expect(await leftovers(weights.folder)).toEqual([]);

    const [rescued = ''] = await readdir(join(folder, 'rescue'));
    const elsewhere = join(folder, 'rescue', rescued);
    expect(error).toBeInstanceOf(CheckpointError);
    expect(messageOf(error)).toBe(
      `${checkpointPath()}: the checkpoint after step 6 could not be written (ENOSPC: no space left on device, write); ` +
        `the state is in ${elsewhere}: copy it to ${checkpointPath()} to resume from it`,
    );
    expect(warningsOf(events, 'checkpoint')).toEqual([
      `${checkpointPath()}: try 1 of 3 failed (ENOSPC: no space left on device, write); again in 0.01 s`,
      `${checkpointPath()}: try 2 of 3 failed (ENOSPC: no space left on device, write); again in 0.02 s`,
      `${checkpointPath()}: try 3 of 3 failed (ENOSPC: no space left on device, write); saving the state elsewhere`,
    ]);
    expect(ofType(events, 'finished')).toEqual([]);

    weights.free();
    await copyFile(elsewhere, checkpointPath());
    const again = await run();
    expect(again.events.at(-1)).toMatchObject({ type: 'finished', step: 6 });
    expect(await stateAfter(checkpointPath())).toEqual(await stateAfter(checkpointPath('whole')));
  });

  it('should, when there is space again, go on as if nothing had been', async () => {
    await run(undefined, { weightsFolder: join(folder, 'whole') });
    const weights = disk(make, 'weights');
    const { events, error } = await run(undefined, { checkpoints: retries(weights) }, (event) => {
      atStep(2, () => weights.fill())(event);
      if (event.type === 'warning') weights.free();
    });
    expect(error).toBeNull();
    expect(warningsOf(events, 'checkpoint')).toEqual([expect.stringMatching(/try 1 of 3 failed/)]);
    expect(ofType(events, 'checkpoint').map(({ step }) => step)).toEqual([3, 6]);
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 6 });
    expect(await stateAfter(checkpointPath())).toEqual(await stateAfter(checkpointPath('whole')));
  });

  it('should, when nothing can be written anywhere, say that, and leave the checkpoint before', async () => {
    const weights = disk(make, 'weights');
    await run(oneEpoch());
    await writeFile(join(folder, 'blocked'), '');
    const { error } = await run(
      undefined,
      { checkpoints: { ...retries(weights), fallbackFolder: join(folder, 'blocked') } },
      atStep(4, () => weights.fill()),
    );
    expect(messageOf(error)).toMatch(
      /after step 6 could not be written .*, nor could it be saved elsewhere \(/,
    );
    expect(await stepOf(checkpointPath())).toBe(3);
    expect(await leftovers(weights.folder)).toEqual([]);
  });

  it('should, when it turns read-only, rescue the state', async () => {
    const weights = disk(make, 'weights');
    await run(oneEpoch());
    const before = await readFile(checkpointPath());
    const { error } = await run(
      undefined,
      { checkpoints: retries(weights) },
      atStep(5, () => weights.protect()),
    );
    expect(messageOf(error)).toMatch(
      /after step 6 could not be written \(E(ROFS|EXIST|NOTDIR): .*the state is in/,
    );
    const [rescued = ''] = await readdir(join(folder, 'rescue'));
    expect(await stepOf(join(folder, 'rescue', rescued))).toBe(6);
    const kept = make === tmpfs ? weights.folder : `${weights.folder}.moved`;
    expect(await readFile(join(kept, 'small.checkpoint'))).toEqual(before);
    expect(await leftovers(kept)).toEqual([]);
  });

  it('should, when it is read-only from the start, refuse before anything is made', async () => {
    disk(make, 'weights').protect();
    const { events, error } = await run();
    expect(events).toEqual([]);
    expect(messageOf(error)).toMatch(/small\.lock: cannot write to the folder for the weights: E/);
  });
});

describe('a disk of its own', () => {
  const it = canMount ? test : test.skip;

  it('should, when full from the start, refuse to train and leave what is there', async () => {
    const weights = disk(tmpfs, 'weights');
    await run(oneEpoch());
    const before = await readFile(checkpointPath());
    weights.fill();
    const { events, error } = await run();
    expect(events).toEqual([]);
    expect(messageOf(error)).toMatch(/small\.lock: .* ENOSPC/);
    expect(await readFile(checkpointPath())).toEqual(before);
    expect(await leftovers(weights.folder)).toEqual([]);
  });

  it('should, when full at the end, not claim a model, and write it when there is space again', async () => {
    const weights = disk(tmpfs, 'weights');
    const { events, error } = await run(oneEpoch(), {}, (event) => {
      if (event.type === 'checkpoint') weights.fill();
    });
    expect(messageOf(error)).toMatch(/final_result_small\.model: cannot be written: ENOSPC/);
    expect(ofType(events, 'finished')).toEqual([]);
    expect(await stepOf(checkpointPath())).toBe(3);
    expect((await readdir(weights.folder)).sort()).toEqual(['filler', 'small.checkpoint']);
    weights.free();
    expect((await run(oneEpoch())).events.at(-1)).toMatchObject({ type: 'finished', step: 3 });
    (await loadModel(join(weights.folder, 'final_result_small.model'))).dispose();
  });

  it('should, when full or read-only for the pictures, cost a warning only', async () => {
    await run(undefined, { weightsFolder: join(folder, 'whole') });
    for (const fault of ['fill', 'protect'] as const) {
      const pictures = disk(tmpfs, `pictures-${fault}`);
      await mkdir(join(pictures.folder, 'small'));
      const weightsFolder = join(folder, `weights-${fault}`);
      const more = { weightsFolder, picturesFolder: pictures.folder };
      const { events, error } = await run(
        undefined,
        more,
        atStep(1, () => pictures[fault]()),
      );
      expect(error).toBeNull();
      const [warning, ...others] = warningsOf(events, 'previews');
      expect(warning).toMatch(/^previews: .*(No space left|Read-only|EROFS|read-only)/);
      expect(warning).not.toContain('\n');
      expect(others).toEqual([]);
      expect(await picturesIn(pictures.folder)).toEqual([]);
      expect(events.at(-1)).toMatchObject({ type: 'finished', step: 6 });
      expect(await stateAfter(join(weightsFolder, 'small.checkpoint'))).toEqual(
        await stateAfter(checkpointPath('whole')),
      );
    }
  });

  it('should, when full for the cache, only mean that images are decoded again', async () => {
    await run(undefined, { weightsFolder: join(folder, 'whole') });
    const cached = disk(tmpfs, 'cache', 4096);
    const cache = { memoryLimit: 0, folder: cached.folder, reserve: 0 };
    const { events, error } = await run(undefined, { cache });
    expect(error).toBeNull();
    expect(ofType(events, 'warning')).toEqual([]);
    expect(await stateAfter(checkpointPath())).toEqual(await stateAfter(checkpointPath('whole')));
    expect(readdirSync(cached.folder)).toEqual([]);
  });

  it('should be left some space by the cache', async () => {
    const { folder: cached } = disk(tmpfs, 'cache', 64 * 1024);
    const pixels = new Uint8Array(1024).fill(7);
    const file = (key: string) => ({ key, version: '1' });
    const kept = async (reserve: number) => {
      const cache = imageCache({ memoryLimit: 0, folder: cached, reserve });
      for (let i = 0; i < 100; i += 1) await cache.set(file(`${i}`), 4, pixels);
      const got = await Promise.all(Array.from({ length: 100 }, (_, i) => cache.get(file(`${i}`), 4)));
      await cache.close();
      const found = got.filter((bytes) => bytes !== undefined);
      for (const bytes of found) expect(bytes).toEqual(pixels);
      return found.length;
    };
    const page = 4;
    const between = (least: number, count: number) => {
      expect(count).toBeGreaterThanOrEqual(least);
      expect(count).toBeLessThanOrEqual(least + page);
    };
    between(64 - page, await kept(0));
    between(32 - page, await kept(32 * 1024));
    expect(await kept(2 ** 30)).toBe(0);
    // As where a quota is smaller than the disk: the write itself fails.
    between(64 - page, await kept(-(2 ** 30)));
  });
});

describe('files that change during a run', () => {
  test('a final model that cannot take its place should not be claimed', async () => {
    await mkdir(join(folder, 'weights', 'final_result_small.model', 'in the way'), { recursive: true });
    const { events, error } = await run(oneEpoch());
    expect(messageOf(error)).toMatch(/final_result_small\.model: cannot be written: E/);
    expect(ofType(events, 'finished')).toEqual([]);
    expect(await stepOf(checkpointPath())).toBe(3);
    expect(await leftovers(join(folder, 'weights'))).toEqual([]);
  });

  test('a checkpoint that is damaged should be replaced by the next', async () => {
    const { events, error } = await run(undefined, {}, (event) => {
      if (event.type === 'checkpoint' && event.step === 3) truncateSync(event.path, 100);
    });
    expect(error).toBeNull();
    expect(events.at(-1)).toMatchObject({ type: 'finished' });
    expect(await stepOf(checkpointPath())).toBe(6);
  });

  test('a folder of weights that is removed should be made again', async () => {
    const { error } = await run(
      undefined,
      {},
      // The run's thread may write into it at this moment, which leaves it not empty; what removes it tries again then.
      atStep(5, () => rmSync(join(folder, 'weights'), { recursive: true, maxRetries: 10, retryDelay: 20 })),
    );
    expect(error).toBeNull();
    expect(await stepOf(checkpointPath())).toBe(6);
    const names = (await readdir(join(folder, 'weights'))).filter((name) => !name.endsWith('.previous'));
    expect(names.sort()).toEqual(['final_result_small.model', 'small.checkpoint']);
  });

  test('a cache whose folder is not to be had should only mean that images are decoded again', async () => {
    await run(undefined, { weightsFolder: join(folder, 'whole') });
    await writeFile(join(folder, 'blocked'), '');
    const { error } = await run(undefined, { cache: { memoryLimit: 0, folder: join(folder, 'blocked') } });
    expect(error).toBeNull();
    expect(await stateAfter(checkpointPath())).toEqual(await stateAfter(checkpointPath('whole')));
  });
});

describe('images that change during a run', () => {
  const image = (name: string) => join(folder, 'dataset', name);
  const names = ['02.png', '05.png', '07.png'];
  /** Every image is read anew each time. */
  const uncached = async () => {
    await writeFile(join(folder, 'blocked'), '');
    return { cache: { memoryLimit: 0, folder: join(folder, 'blocked') } };
  };

  test.each([
    ['emptied', (path: string) => truncateSync(path)],
    ['cut in half', (path: string) => truncateSync(path, 60)],
    ['replaced by something else', (path: string) => writeFileSync(path, 'no image')],
  ])('%s should be warned of once each, and the run goes on with the others', async (_, damage) => {
    const config = smallConfig(['epochs=3', 'epochs_per_checkpoint=1']);
    const { events, error } = await run(
      config,
      await uncached(),
      atStep(1, () => names.map(image).forEach(damage)),
    );
    expect(error).toBeNull();
    const warnings = warningsOf(events, 'dataset');
    expect(warnings).toHaveLength(names.length);
    for (const name of names) {
      expect(warnings).toContainEqual(expect.stringContaining(`${image(name)}: skipped: `));
    }
    const seen = ofType(events, 'epoch').map((event) => event.imagesSeen);
    expect((seen[2] ?? 0) - (seen[1] ?? 0)).toBe(10 - names.length);
    expect(ofType(events, 'epoch').map((event) => event.imagesTaken)).toEqual([10, 10, 10]);
    expect(events.at(-1)).toMatchObject({ type: 'finished' });
  });

  test('removed should be warned of by name once, then counted in each epoch', async () => {
    const config = smallConfig(['epochs=4', 'epochs_per_checkpoint=1']);
    const { events, error } = await run(
      config,
      await uncached(),
      atStep(3, () => {
        for (const name of names) rmSync(image(name));
      }),
    );
    expect(error).toBeNull();
    const warnings = warningsOf(events, 'dataset');
    for (const name of names) {
      const words = `${image(name)}: skipped: could not be read, will be tried again: ENOENT`;
      expect(warnings.filter((message) => message.startsWith(words))).toHaveLength(1);
    }
    const counts = warnings.filter((message) => !message.includes(': skipped: '));
    for (const message of counts) {
      expect(message).toMatch(
        /^epoch [2-4]: [1-3] images? could not be read \(ENOENT.*\); the next epoch tries/,
      );
    }
    expect(counts.length).toBeGreaterThanOrEqual(2);
  });

  test('away for a while should be learned again in the epoch after', async () => {
    const config = smallConfig(['epochs=4', 'epochs_per_checkpoint=1']);
    const { events, error } = await run(config, await uncached(), (event) => {
      if (event.type === 'epoch' && event.epoch === 0)
        for (const name of names) renameSync(image(name), `${image(name)}.away`);
      if (event.type === 'epoch' && event.epoch === 1)
        for (const name of names) renameSync(`${image(name)}.away`, image(name));
    });
    expect(error).toBeNull();
    const seen = ofType(events, 'epoch').map((event) => event.imagesSeen);
    expect((seen[3] ?? 0) - (seen[2] ?? 0)).toBe(10);
    expect((seen[1] ?? 0) - (seen[0] ?? 0)).toBeLessThan(10);
  });

  test('all away for a while should hold the run, which goes on as if nothing had been', async () => {
    await run(undefined, { weightsFolder: join(folder, 'whole'), ...(await uncached()) });
    const folders = [join(folder, 'dataset'), join(folder, 'away')] as const;
    const { events, error } = await run(undefined, await uncached(), (event) => {
      if (event.type === 'epoch' && event.epoch === 0) renameSync(...folders);
      if (event.type === 'warning' && /trying again in/.test(event.message) && existsSync(folders[1])) {
        renameSync(folders[1], folders[0]);
      }
    });
    expect(error).toBeNull();
    expect(warningsOf(events, 'dataset')).toContainEqual(
      expect.stringMatching(/dataset: none of its 10 images can be read \(ENOENT.*\); trying again in 1 s$/),
    );
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 6 });
    expect(await stateAfter(checkpointPath())).toEqual(await stateAfter(checkpointPath('whole')));
  });

  test('replaced by others, of another size, should be learned instead', async () => {
    const other = await png(9, 9, 9, 40, 25);
    const { events, error } = await run(
      undefined,
      await uncached(),
      atStep(1, () => {
        for (const name of names) writeFileSync(image(name), other);
      }),
    );
    expect(error).toBeNull();
    expect(ofType(events, 'warning')).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'finished', imagesSeen: 20 });
  });

  test.each([
    ['removed', (path: string) => rmSync(path, { recursive: true })],
    ['moved away', (path: string) => renameSync(path, `${path}.moved`)],
  ])('a whole folder %s should end the run with its name, and the last checkpoint stays', async (_, act) => {
    await run(oneEpoch());
    const { events, error } = await run(
      smallConfig(['epochs=5', 'epochs_per_checkpoint=1']),
      { ...(await uncached()), datasetPatience: 0 },
      atStep(4, () => act(join(folder, 'dataset'))),
    );
    expect(error).toBeInstanceOf(DatasetError);
    expect(messageOf(error)).toMatch(/dataset: none of its 10 images could be read/);
    expect(warningsOf(events, 'dataset').length).toBeGreaterThan(0);
    expect(await stepOf(checkpointPath())).toBeGreaterThanOrEqual(3);
    expect(await leftovers(join(folder, 'weights'))).toEqual([]);
  });

  test('a whole folder removed should not matter where all images are in the cache', async () => {
    await run(undefined, { weightsFolder: join(folder, 'whole') });
    const { events, error } = await run(
      undefined,
      {},
      atStep(4, () => rmSync(join(folder, 'dataset'), { recursive: true })),
    );
    expect(error).toBeNull();
    expect(ofType(events, 'warning')).toEqual([]);
    expect(await stateAfter(checkpointPath())).toEqual(await stateAfter(checkpointPath('whole')));
  });
});

describe('a clock that jumps', () => {
  const now = Date.now;
  afterEach(() => {
    Date.now = now;
  });

  /** What does not depend on how long something took, on where it is, or on how fast a writer was. */
  const plain = (events: readonly TrainEvent[]) =>
    events
      .filter((event) => /started|step|epoch|finished/.test(event.type))
      .map((event) => Object.entries(event).filter(([key]) => !/seconds$|path|model|bytes/i.test(key)));
  /** The steps after which a state was taken to be written. */
  const recorder = () => {
    const taken: number[] = [];
    const createTrainer: TrainOptions['createTrainer'] = async (config, more) => {
      const trainer = await Trainer.create(config, more);
      const snapshot = trainer.snapshot.bind(trainer);
      trainer.snapshot = () => {
        taken.push(trainer.position.step);
        return snapshot();
      };
      return trainer;
    };
    return { taken, createTrainer };
  };
  const durations = (events: readonly TrainEvent[]) =>
    events.flatMap((event) =>
      Object.entries(event).flatMap(([key, value]) => (/seconds$/i.test(key) ? [value as number] : [])),
    );

  test.each([
    ['forward by hours', (calls: number) => calls * 3.6e6],
    ['back by hours', (calls: number) => -calls * 3.6e6],
    ['to and fro', (calls: number) => (calls % 2 === 0 ? 8.64e7 : -8.64e7)],
  ])('%s should change no duration and no decision', async (_, jump) => {
    const config = () => smallConfig(['epochs=3', 'images_per_checkpoint=8', 'epochs_per_checkpoint=1']);
    const [steady, jumped] = [recorder(), recorder()];
    const expected = await run(config(), {
      weightsFolder: join(folder, 'whole'),
      createTrainer: steady.createTrainer,
    });
    let calls = 0;
    Date.now = () => {
      calls += 1;
      return now() + jump(calls);
    };
    const begin = performance.now();
    const { events, error } = await run(config(), { createTrainer: jumped.createTrainer });
    const took = (performance.now() - begin) / 1000;
    expect(error).toBeNull();
    expect(plain(events)).toEqual(plain(expected.events));
    expect(jumped.taken).toEqual(steady.taken);
    expect(steady.taken).toEqual([2, 3, 4, 6, 8, 9, 9]);
    for (const seconds of durations(events)) {
      expect(seconds).toBeGreaterThanOrEqual(0);
      expect(seconds).toBeLessThanOrEqual(took);
    }
    expect(await stateAfter(checkpointPath())).toEqual(await stateAfter(checkpointPath('whole')));
  });

  test('should not end a run that has seconds left, nor keep one going that has none', async () => {
    Date.now = () => now() + 8.64e7 * Math.sign(Math.sin(performance.now()));
    const begin = performance.now();
    const { events } = await run(smallConfig(['epochs=-1']), { seconds: 1 });
    const took = (performance.now() - begin) / 1000;
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'seconds' });
    expect(took).toBeGreaterThan(1);
    expect(took).toBeLessThan(20);
  });
});
