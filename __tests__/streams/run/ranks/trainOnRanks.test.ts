/** `train` on ranks that share a thread, with trainers without a model. */
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Observable, of, Subject, tap } from 'rxjs';
import type { NvaeConfig } from '../../../../src/config/types.js';
import type { Dataset } from '../../../../src/data/dataset.js';
import { datasetOf } from '../../../../src/data/datasetOf.js';
import { GroupError } from '../../../../src/group/groupError.js';
import { groupMemory } from '../../../../src/group/memory/groupMemory.js';
import { memoryGroup } from '../../../../src/group/memory/memoryGroup.js';
import { loadCheckpoint } from '../../../../src/modelFiles/loadCheckpoint.js';
import { journalName } from '../../../../src/streams/journal/entry.js';
import { readJournal } from '../../../../src/streams/journal/readJournal.js';
import type { TrainEvent } from '../../../../src/streams/run/events.js';
import type { RunCommand } from '../../../../src/streams/run/runCommand.js';
import { train } from '../../../../src/streams/run/train.js';
import type { TrainOptions } from '../../../../src/streams/run/trainOptions.js';
import { smallConfig } from '../../../support/checkpoints.js';
import { collect } from '../../../support/collect.js';
import { writePictures } from '../../../support/pictures.js';
import { type StandIn, type StandInOptions, standInTrainer } from '../../../support/standInTrainer.js';

let folder: string;
let options: TrainOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-ranks-'));
  options = {
    dataset: join(folder, 'dataset'),
    weightsFolder: join(folder, 'weights'),
    picturesFolder: join(folder, 'images'),
    runsFolder: join(folder, 'runs'),
    cache: { folder: join(folder, 'cache') },
    previews: { samples: 1, iterations: 0 },
  };
  await writePictures(join(folder, 'dataset'), 10);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Rank {
  events: TrainEvent[];
  error: Error | null;
  trainer: StandIn;
}

type OfRank<T> = (rank: number) => T;

/** Trains on ranks in this thread. */
function ranks(
  size: number,
  config: NvaeConfig,
  more: OfRank<TrainOptions & Pick<StandInOptions, 'onStep'>> = () => ({}),
  onEvent: (event: TrainEvent, rank: number) => void = () => undefined,
  configOf: OfRank<NvaeConfig> = () => config,
): Promise<Rank[]> {
  const memory = groupMemory(size, { timeLimitMs: 10_000 });
  return Promise.all(
    Array.from({ length: size }, async (_, rank): Promise<Rank> => {
      const group = memoryGroup(memory, rank);
      const { onStep, ...own } = more(rank);
      const events: TrainEvent[] = [];
      let trainer: StandIn | undefined;
      const createTrainer: TrainOptions['createTrainer'] = async (given, options) => {
        trainer = standInTrainer(given, { ...options, ...(onStep && { onStep }) });
        return trainer;
      };
      const events$ = train(configOf(rank), { ...options, createTrainer, group, ...own });
      const error = await ended(
        events$.pipe(
          tap((event) => {
            events.push(event);
            onEvent(event, rank);
          }),
        ),
      );
      if (trainer) expect(trainer.disposed).toBe(true);
      return { events, error, trainer: trainer as StandIn };
    }),
  );
}

async function ended(events$: Observable<TrainEvent>): Promise<Error | null> {
  return collect(events$).then(
    () => null,
    (error) => error as Error,
  );
}

const typesOf = (events: readonly TrainEvent[]) => events.map(({ type }) => type);
const ofType = <T extends TrainEvent['type']>(events: readonly TrainEvent[], type: T) =>
  events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type);
const weightOf = async (run = 'weights') =>
  (await loadCheckpoint(join(folder, run, 'small.checkpoint'))).tensors.get('weight')?.data[0];

describe('train with a group', () => {
  test.each([1, 2, 3, 5])('should train once on all images with %i ranks, with one voice', async (size) => {
    const config = smallConfig([
      'epochs=2',
      'batch_size=8',
      'accumulation_steps=2',
      'epochs_per_checkpoint=1',
    ]);
    const all = await ranks(size, config);
    expect(all.map(({ error }) => error)).toEqual(all.map(() => null));
    const [first, ...others] = all as [Rank, ...Rank[]];
    expect(
      ofType(first.events, 'step').map(({ batchSize, imagesTaken }) => [batchSize, imagesTaken]),
    ).toEqual([
      [8, 8],
      [2, 10],
      [8, 8],
      [2, 10],
    ]);
    expect(first.events[0]).toMatchObject({
      type: 'started',
      batchSize: 8,
      ...(size > 1 && { ranks: size }),
    });
    for (const { events } of others) expect(typesOf(events)).toEqual(['started', 'finished']);
    for (const { events } of others) expect(events.at(-1)).toEqual(first.events.at(-1));
    // the images of each part are those of one rank, in its order
    const alone = standInTrainer(config, { seed: config.training.seed });
    await ended(
      train(config, {
        ...options,
        weightsFolder: join(folder, 'alone'),
        runsFolder: null,
        createTrainer: async () => alone,
      }),
    );
    for (const [step, parts] of alone.seen.entries()) {
      const names = parts.flat();
      const sizes = names.length === 8 ? [4, 4] : [1, 1];
      const begin = [0, sizes[0] as number];
      const whole = sizes.map((count, part) => names.slice(begin[part], (begin[part] as number) + count));
      if (size === 1) expect(first.trainer.seen[step]).toEqual([names]);
      else
        expect(whole.map((_, part) => all.flatMap(({ trainer }) => trainer.seen[step]?.[part]))).toEqual(
          whole,
        );
    }
    expect(await weightOf()).toBe(await weightOf('alone'));
    expect((await readdir(join(folder, 'weights'))).sort()).toEqual([
      'final_result_small.model',
      'small.checkpoint',
      'small.checkpoint.previous',
    ]);
    const journal = await collect(readJournal(join(folder, 'runs', 'small', journalName)));
    expect(journal.filter(({ type }) => type === 'started' || type === 'finished')).toHaveLength(2);
  });

  test('should validate with shares of the held-out images, as one rank does', async () => {
    const config = smallConfig(['epochs=2', 'validation.fraction=0.4']);
    const [first] = await ranks(3, config);
    const alone: TrainEvent[] = [];
    const events$ = train(config, {
      ...options,
      weightsFolder: join(folder, 'alone'),
      runsFolder: null,
      createTrainer: async (given, more) => standInTrainer(given, more),
    });
    await ended(events$.pipe(tap((event) => alone.push(event))));
    const facts = ({ images, bitsPerDimension, kl, best }: Extract<TrainEvent, { type: 'validation' }>) => ({
      images,
      bitsPerDimension,
      kl,
      best,
    });
    const measured = ofType(alone, 'validation').map(facts);
    expect(measured.map(({ best }) => best)).toEqual([true, false]);
    expect(ofType(first?.events ?? [], 'validation').map(facts)).toEqual(measured);
  });

  test.each([0, 1, 2])(
    'should stop all ranks after the same step when rank %i is stopped, and resume with another number',
    async (rank) => {
      const config = smallConfig(['epochs=4', 'batch_size=4']);
      const stop$ = new Subject<void>();
      const stopping = await ranks(
        3,
        config,
        (own) => (own === rank ? { stop$ } : {}),
        (event, own) => own === 0 && event.type === 'step' && event.step === 5 && stop$.next(),
      );
      const checkpoint = join(folder, 'weights', 'small.checkpoint');
      const { step } = await loadCheckpoint(checkpoint).then(({ state }) => state.position);
      expect([5, 6]).toContain(step); // a rank that has made its turn already makes the step, too
      for (const { events, error } of stopping) {
        expect(error).toBeNull();
        expect(events.at(-1)).toMatchObject({ type: 'stopped', step, reason: 'stop', checkpoint });
      }
      const elsewhere = (own: number) =>
        own === 0 ? {} : { weightsFolder: join(folder, `host${own}`), runsFolder: null };
      const [first, second] = await ranks(2, config, elsewhere);
      expect(first?.events[0]).toMatchObject({ type: 'started', resumed: { step } });
      expect(second?.events[0]).toMatchObject({ type: 'started', resumed: { step } });
      expect(ofType(first?.events ?? [], 'step')[0]?.step).toBe(step + 1);
      expect(existsSync(join(folder, 'host1'))).toBe(false);
      await ended(
        train(config, {
          ...options,
          weightsFolder: join(folder, 'alone'),
          runsFolder: null,
          createTrainer: async (given, more) => standInTrainer(given, more),
        }),
      );
      expect(await weightOf()).toBe(await weightOf('alone'));
    },
  );

  test('should pause and resume all ranks, and write while they are paused', async () => {
    const commands$ = new Subject<RunCommand>();
    const onEvent = (event: TrainEvent, rank: number) => {
      if (rank !== 0) return;
      if (event.type === 'step' && event.step === 2) commands$.next('pause');
      if (event.type === 'paused') commands$.next('checkpoint');
      if (event.type === 'checkpoint' && event.step === 2) commands$.next('resume');
    };
    const [first, second] = await ranks(
      2,
      smallConfig(['epochs=1']),
      (rank) => (rank === 0 ? { commands$ } : {}),
      onEvent,
    );
    expect(typesOf(first?.events ?? []).filter((type) => type !== 'preview')).toEqual([
      'started',
      'step',
      'step',
      'paused',
      'checkpoint',
      'resumed',
      'step',
      'epoch',
      'checkpoint',
      'finished',
    ]);
    expect(second?.events.at(-1)).toMatchObject({ type: 'finished', step: 3 });
  });

  test('should stop all at the time limit of rank 0', async () => {
    const slow = { onStep: () => new Promise((resolve) => setTimeout(resolve, 50)) };
    const all = await ranks(2, smallConfig(['epochs=-1']), (rank) => ({
      ...slow,
      ...(rank === 0 && { seconds: 0.3 }),
    }));
    for (const { events } of all) expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'seconds' });
  });

  test('should end all ranks without saving when one aborts', async () => {
    const abort = new AbortController();
    const all = await ranks(
      2,
      smallConfig(['epochs=-1']),
      (rank) => (rank === 1 ? { signal: abort.signal } : {}),
      (event) => {
        if (event.type === 'step' && event.step === 3) abort.abort();
      },
    );
    expect(all.map(({ error }) => error)).toEqual([null, null]);
    for (const { events } of all) expect(typesOf(events)).not.toContain('stopped');
    expect(await readdir(join(folder, 'weights'))).toEqual([]);
  });

  test('should end all ranks with the cause when one of them fails, after a checkpoint', async () => {
    const augment: TrainOptions['augment'] = (image) => {
      throw new Error(`cannot change ${image.name.slice(0, 0)}it`);
    };
    const [first, second, third] = await ranks(3, smallConfig(['epochs=3']), (rank) =>
      rank === 1 ? { augment } : {},
    );
    expect(second?.error?.message).toBe('cannot change it');
    for (const rank of [first, third]) {
      expect(rank?.error).toBeInstanceOf(GroupError);
      expect(rank?.error?.message).toBe('rank 1: cannot change it');
    }
    const journal = await collect(readJournal(join(folder, 'runs', 'small', journalName)));
    expect(journal.at(-1)).toMatchObject({ type: 'failed', message: 'rank 1: cannot change it' });
  });

  test('should end all ranks when one fails in the middle of a step, with the last state saved', async () => {
    const onStep = (step: number) => {
      if (step === 3) throw new Error('the engine has failed');
    };
    const [first, second] = await ranks(2, smallConfig(['epochs=3']), (rank) =>
      rank === 1 ? { onStep } : {},
    );
    expect(second?.error?.message).toBe('the engine has failed');
    expect(first?.error).toBeInstanceOf(GroupError);
    expect(first?.error?.message).toMatch(/rank 1 has ended the job: the engine has failed/);
    const { state } = await loadCheckpoint(join(folder, 'weights', 'small.checkpoint'));
    expect(state.position.step).toBe(2);
  });

  test('should end all ranks when a checkpoint cannot be written', async () => {
    const checkpoints = {
      retries: 0,
      fallbackFolder: folder,
      save: async () => {
        throw new Error('the disk is full');
      },
    };
    const [first, second] = await ranks(2, smallConfig(['epochs=3', 'images_per_checkpoint=4']), () => ({
      checkpoints,
    }));
    expect(first?.error?.message).toMatch(/the disk is full/);
    expect(second?.error?.message).toMatch(/^rank 0: .*the disk is full/);
  });

  test('should end all ranks when opening fails on one', async () => {
    const [first, second] = await ranks(2, smallConfig(), (rank) =>
      rank === 1 ? { dataset: join(folder, 'nowhere') } : {},
    );
    expect(second?.error?.message).toMatch(/nowhere/);
    expect(first?.error?.message).toMatch(/^rank 1: .*nowhere/);
    const [holder, waiting] = await ranks(2, smallConfig(['epochs=1']), (rank) =>
      rank === 0 ? { initFrom: join(folder, 'none.model') } : {},
    );
    expect(holder?.error?.message).toMatch(/none\.model/);
    expect(waiting?.error?.message).toMatch(/^rank 0: .*none\.model/);
    expect(await readdir(join(folder, 'weights'))).toEqual([]);
  });

  test('should refuse ranks that differ, and say how', async () => {
    await cp(join(folder, 'dataset'), join(folder, 'other'), { recursive: true });
    const [name] = await readdir(join(folder, 'other'));
    const dataset = (rank: number) => (rank === 1 ? { dataset: join(folder, 'other') } : {});
    await appendFile(join(folder, 'other', name as string), 'more');
    for (const { error } of await ranks(2, smallConfig(), dataset)) {
      expect(error?.message).toBe(
        'train: rank 1 has another dataset: the names of rank 0, but files of other sizes; give all ranks the same images',
      );
    }
    await rm(join(folder, 'other', name as string));
    for (const { error } of await ranks(2, smallConfig(), dataset)) {
      expect(error?.message).toBe(
        'train: rank 1 has another dataset: 9 images, on rank 0 10; give all ranks the same images',
      );
    }
    const configOf = (rank: number) => smallConfig(rank === 2 ? ['learning_rate=0.5'] : []);
    for (const { error } of await ranks(3, smallConfig(), undefined, undefined, configOf)) {
      expect(error?.message).toMatch(
        /^train: rank 2 has another configuration: training_parameters.learning_rate is 0.5, on rank 0 0.01; /,
      );
    }
    for (const { error } of await ranks(2, smallConfig(), (rank) => ({ seed: rank }))) {
      expect(error?.message).toBe(
        'train: rank 1 has the seed 1, rank 0 0; start all ranks with the same command',
      );
    }
  });

  test('should tell of images that any rank skips, with its rank', async () => {
    for (const name of ['a.png', 'b.png', 'c.png'])
      await writeFile(join(folder, 'dataset', name), 'no image');
    const [first, second] = await ranks(
      2,
      smallConfig(['epochs=2', 'batch_size=13', 'accumulation_steps=3']),
    );
    const warnings = ofType(first?.events ?? [], 'warning').filter(({ about }) => about === 'dataset');
    for (const name of ['a.png', 'b.png', 'c.png']) {
      expect(warnings.some(({ message }) => message.includes(name))).toBe(true);
    }
    for (const { rank, message } of warnings) expect(message.startsWith('rank 1: ')).toBe(rank === 1);
    expect(second?.error).toBeNull();
    expect(ofType(first?.events ?? [], 'step').map(({ batchSize }) => batchSize)).toEqual([10, 10]);
    expect(first?.trainer.seen.map((parts) => parts.length)).toEqual([3, 3]);
  });

  test('should fail on all ranks if no image can be decoded', async () => {
    await rm(join(folder, 'dataset'), { recursive: true });
    await writePictures(join(folder, 'dataset'), 0);
    for (const name of ['a.png', 'b.png', 'c.png'])
      await writeFile(join(folder, 'dataset', name), 'no image');
    for (const { error } of await ranks(2, smallConfig(['epochs=2']))) {
      expect(error?.message).toMatch(/none of its 3 images can be decoded/);
    }
  });

  test('should wait on all ranks while no image can be read, and say so once', async () => {
    let isBroken = true;
    const whole = datasetOf(10, (index) => new Uint8Array(3 * 8 * 8).fill(index));
    const dataset: Dataset = {
      ...whole,
      decode: (...given) => {
        if (isBroken) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
        return whole.decode(...given);
      },
    };
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'warning' && event.message.includes('trying again')) isBroken = false;
    };
    const all = await ranks(2, smallConfig(['epochs=1']), () => ({ dataset }), onEvent);
    for (const { events } of all) expect(events.at(-1)).toMatchObject({ type: 'finished', step: 3 });
    const waits = ofType(all[0]?.events ?? [], 'warning').filter(({ message }) =>
      message.includes('trying again'),
    );
    expect(waits.map(({ message }) => message)).toEqual([
      'dataset: none of its 10 images can be read (EIO: i/o error); trying again in 1 s',
    ]);
  });

  test('should stop all ranks that are told so while they are being opened', async () => {
    const stop$ = of(null);
    const all = await ranks(2, smallConfig(), (rank) => (rank === 1 ? { stop$ } : {}));
    for (const { events } of all) {
      expect(events.map(({ type }) => type)).toEqual(['started', 'stopped']);
      expect(events.at(-1)).toMatchObject({ step: 0, checkpoint: null });
    }
  });

  test('should refuse more ranks than images in a batch', async () => {
    const group = memoryGroup(groupMemory(5), 0);
    expect(() => train(smallConfig(), { ...options, group })).toThrow(
      'train: training_parameters.batch_size is 4, too few for 5 ranks; raise it, or start fewer ranks',
    );
  });

  test('should end the group when a rank is unsubscribed from', async () => {
    const memory = groupMemory(2, { timeLimitMs: 10_000 });
    const createTrainer: TrainOptions['createTrainer'] = async (given, more) => standInTrainer(given, more);
    const config = smallConfig(['epochs=-1']);
    const [one, other] = [0, 1].map((rank) =>
      train(config, { ...options, createTrainer, group: memoryGroup(memory, rank) }),
    );
    const subscription = other?.subscribe();
    const error = await ended(
      (one as Observable<TrainEvent>).pipe(
        tap((event) => event.type === 'step' && subscription?.unsubscribe()),
      ),
    );
    expect(error?.message).toMatch(/rank 1 has ended the job: nobody listens/);
  });
});
