import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { lastValueFrom, type Observable, Subject, tap, toArray } from 'rxjs';
import { loadCheckpoint } from '../../../src/checkpoint/checkpoint.js';
import { CheckpointError } from '../../../src/checkpoint/checkpointError.js';
import { RunInUseError } from '../../../src/checkpoint/lock/errors.js';
import { DatasetError } from '../../../src/data/datasetError.js';
import { EngineUnavailableError } from '../../../src/engine/engines.js';
import { useEngine } from '../../../src/engine/index.js';
import { readJournal } from '../../../src/streams/journal/readJournal.js';
import { type TrainInProcessOptions, trainInProcess } from '../../../src/streams/process/trainInProcess.js';
import { RunCrashedError } from '../../../src/streams/run/errors.js';
import type { TrainEvent } from '../../../src/streams/run/events.js';
import type { RunCommand } from '../../../src/streams/run/runCommand.js';
import { train } from '../../../src/streams/run/train.js';
import { smallConfig } from '../../support/checkpoints.js';
import { missingEngine } from '../../support/missingEngine.js';
import { writePictures } from '../../support/pictures.js';
import { pointsOf, readLog } from '../../support/tensorBoard.js';

let folder: string;
let options: TrainInProcessOptions;
beforeAll(() => useEngine('native'));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-process-'));
  options = {
    engine: 'native',
    dataset: join(folder, 'dataset'),
    weightsFolder: join(folder, 'weights'),
    picturesFolder: join(folder, 'images'),
    runsFolder: join(folder, 'runs'),
    cache: { folder: join(folder, 'cache') },
    previews: { samples: 4, iterations: 1 },
    restartDelay: 1,
  };
  await writePictures(join(folder, 'dataset'), 10);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const config = (more: readonly string[] = []) =>
  smallConfig(['epochs=4', 'epochs_per_checkpoint=1', ...more]);
const ofType = <T extends TrainEvent['type']>(events: readonly TrainEvent[], type: T) =>
  events.filter((event): event is Extract<TrainEvent, { type: T }> => event.type === type);

/** The events of a run that is watched by `react`, which is also told the number of the process. */
function watched(events$: Observable<TrainEvent>, react: (event: TrainEvent, pid: number) => void) {
  let pid = 0;
  return lastValueFrom(
    events$.pipe(
      tap((event) => {
        if (event.type === 'started') pid = event.pid;
        react(event, pid);
      }),
      toArray(),
    ),
  );
}

async function stateIn(weights: string) {
  const { tensors, state } = await loadCheckpoint(join(folder, weights, 'small.checkpoint'));
  return { tensors: new Map(tensors), state };
}

/** What a run tells besides how long it took. */
const facts = (events: readonly TrainEvent[]) =>
  ofType(events, 'step').map(({ step, epoch, loss, gradientNorm, imagesSeen }) => [
    step,
    epoch,
    loss,
    gradientNorm,
    imagesSeen,
  ]);

describe('trainInProcess', () => {
  test('should give the same events and weights as train', async () => {
    const here = await lastValueFrom(
      train(config(), { ...options, weightsFolder: join(folder, 'here'), runsFolder: null }).pipe(toArray()),
    );
    const there = await lastValueFrom(trainInProcess(config(), options).pipe(toArray()));
    expect(facts(there)).toEqual(facts(here));
    const types = (events: readonly TrainEvent[]) => [...new Set(events.map(({ type }) => type))].sort();
    expect(types(there)).toEqual(types(here));
    expect(there[0]).toMatchObject({ type: 'started', engine: 'native' });
    expect(ofType(there, 'started')[0]?.pid).not.toBe(process.pid);
    expect(await stateIn('weights')).toEqual(await stateIn('here'));
  });

  test('should go on from the checkpoint after kill -9, with the same weights in the end', async () => {
    await lastValueFrom(
      train(config(), { ...options, weightsFolder: join(folder, 'here'), runsFolder: null }),
    );
    const killAt = new Set([5, 8]);
    const events = await watched(trainInProcess(config(), options), (event, pid) => {
      if (event.type === 'step' && killAt.delete(event.step)) process.kill(pid, 'SIGKILL');
    });
    expect(ofType(events, 'crash')).toHaveLength(2);
    expect(ofType(events, 'crash')[0]).toMatchObject({ signal: 'SIGKILL', restartSeconds: 0.001 });
    expect(ofType(events, 'crash')[0]?.message).toMatch(
      /was killed, .*; restarting from the (beginning|checkpoint of step \d+)/,
    );
    expect(ofType(events, 'started')).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 12 });
    expect(await stateIn('weights')).toEqual(await stateIn('here'));
    const points = pointsOf(await readLog(join(folder, 'runs', 'small')), 'loss/iter');
    const seen = points.map(([imagesSeen]) => imagesSeen);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen.slice(-3)).toEqual([34, 38, 40]);
  });

  test('should give up after too many crashes, with the last checkpoint whole', async () => {
    const events: TrainEvent[] = [];
    const run = watched(trainInProcess(config(['epochs=-1']), { ...options, restarts: 1 }), (event, pid) => {
      events.push(event);
      const again = ofType(events, 'started').length > 1;
      if (event.type === (again ? 'step' : 'checkpoint')) process.kill(pid, 'SIGSEGV');
    });
    await expect(run).rejects.toBeInstanceOf(RunCrashedError);
    await expect(run).rejects.toThrow(
      /crashed \(SIGSEGV.*\), 2 times without reaching a new checkpoint; the same command resumes from the checkpoint of step \d+/,
    );
    expect(ofType(events, 'crash').map(({ restartSeconds }) => restartSeconds)).toEqual([0.001, null]);
    expect((await stateIn('weights')).state.position.step).toBeGreaterThanOrEqual(3);
  });

  test('should fail where its process crashes while it stops, and have that in the journal', async () => {
    const stop$ = new Subject<void>();
    const run = watched(trainInProcess(config(['epochs=-1']), { ...options, stop$ }), (event, pid) => {
      if (event.type !== 'checkpoint') return;
      process.kill(pid, 'SIGKILL');
      stop$.next();
    });
    await expect(run).rejects.toThrow(
      /was killed, .*; it was stopping, so the steps since its last checkpoint are lost; the same command resumes from the checkpoint of step \d+/,
    );
    const entries = await lastValueFrom(
      readJournal(join(folder, 'runs', 'small', 'events.jsonl')).pipe(toArray()),
    );
    expect(entries.slice(-2)).toMatchObject([
      { type: 'crash', signal: 'SIGKILL', restartSeconds: null },
      { type: 'failed', error: 'RunCrashedError', message: expect.stringContaining('it was stopping') },
    ]);
  });

  test('should have each crash in the journal, between the lives of the run', async () => {
    let killed = false;
    await watched(trainInProcess(config(['epochs=1']), options), (event, pid) => {
      if (killed || event.type !== 'step') return;
      killed = true;
      process.kill(pid, 'SIGKILL');
    });
    const path = join(folder, 'runs', 'small', 'events.jsonl');
    const entries = await lastValueFrom(readJournal(path).pipe(toArray()));
    const types = entries
      .map(({ type }) => type)
      .filter((type) => ['started', 'crash', 'finished'].includes(type));
    expect(types).toEqual(['started', 'crash', 'started', 'finished']);
    const text = await readFile(path, 'utf8');
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('{"time"'))).toEqual([]);
  });

  test('should not promise a checkpoint where there is none yet', async () => {
    const stop$ = new Subject<void>();
    const run = watched(
      trainInProcess(config(['epochs=-1', 'epochs_per_checkpoint=1000']), { ...options, stop$ }),
      (event, pid) => {
        if (event.type !== 'started') return;
        process.kill(pid, 'SIGKILL');
        stop$.next();
      },
    );
    await expect(run).rejects.toThrow(
      'there is no checkpoint yet, so the same command starts from the beginning',
    );
  });

  test('should take a Ctrl-C of the terminal that ends its process before that can listen for a stop', async () => {
    await lastValueFrom(trainInProcess(config(['epochs=1']), options));
    const stop$ = new Subject<void>();
    const run = lastValueFrom(trainInProcess(config(), { ...options, stop$ }).pipe(toArray()));
    const child = await newestChild();
    stop$.next();
    process.kill(child, 'SIGINT');
    const events = await run;
    expect(events.map(({ type }) => type)).toEqual(['stopped']);
    expect(events[0]).toMatchObject({ step: 3, checkpoint: join(folder, 'weights', 'small.checkpoint') });
  });

  test.each([{ restarts: -1 }, { restarts: 1.5 }, { restartDelay: Number.NaN }, { seconds: -1 }])(
    'should refuse %j when it is called',
    (more) => {
      expect(() => trainInProcess(config(), { ...options, ...more })).toThrow(RangeError);
    },
  );

  test('should end with the error of the run, as an instance of its class', async () => {
    const dataset = join(folder, 'nowhere');
    const missing = lastValueFrom(trainInProcess(config(), { ...options, dataset }));
    await expect(missing).rejects.toBeInstanceOf(DatasetError);
    await expect(missing).rejects.toMatchObject({ dataset, name: 'DatasetError' });
    await expect(missing).rejects.toThrow(/nowhere: folder does not exist/);
    const engine = await missingEngine();
    if (engine === null) return;
    const without = lastValueFrom(trainInProcess(config(), { ...options, engine }));
    await expect(without).rejects.toBeInstanceOf(EngineUnavailableError);
  });

  test('should keep a second run of the name away', async () => {
    const stop$ = new Subject<void>();
    const started = new Subject<void>();
    const first = watched(trainInProcess(config(['epochs=-1']), { ...options, stop$ }), (event) => {
      if (event.type === 'started') started.next();
    });
    await new Promise<void>((resolve) => started.subscribe(resolve));
    const second = lastValueFrom(trainInProcess(config(), options));
    await expect(second).rejects.toBeInstanceOf(RunInUseError);
    await expect(second).rejects.toBeInstanceOf(CheckpointError);
    stop$.next();
    expect((await first).at(-1)).toMatchObject({ type: 'stopped' });
  });

  test('should pass commands on', async () => {
    const commands$ = new Subject<RunCommand>();
    const events = await watched(
      trainInProcess(config(['epochs_per_checkpoint=100']), { ...options, commands$ }),
      (event) => {
        if (event.type === 'step' && event.step === 2) commands$.next('pause');
        if (event.type === 'paused') commands$.next('checkpoint');
        if (event.type === 'checkpoint' && event.step < 12) commands$.next('resume');
      },
    );
    const order = events.map(({ type }) => type).filter((type) => /paused|checkpoint|resumed/.test(type));
    expect(order).toEqual(['paused', 'checkpoint', 'resumed', 'checkpoint']);
  });

  test('should stay paused across a crash', async () => {
    const commands$ = new Subject<RunCommand>();
    let pauses = 0;
    const events = await watched(trainInProcess(config(), { ...options, commands$ }), (event, pid) => {
      if (event.type === 'step' && event.step === 4 && pauses === 0) commands$.next('pause');
      if (event.type === 'paused') {
        pauses += 1;
        if (pauses === 1) process.kill(pid, 'SIGKILL');
        else commands$.next('resume');
      }
    });
    expect(pauses).toBe(2);
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 12 });
  });

  test('should stop while it waits to start again', async () => {
    const stop$ = new Subject<void>();
    const waiting = { ...options, restartDelay: 1e9, stop$ };
    const events = await watched(trainInProcess(config(['epochs=-1']), waiting), (event, pid) => {
      if (event.type === 'checkpoint') process.kill(pid, 'SIGKILL');
      if (event.type === 'crash') setTimeout(() => stop$.next());
    });
    const checkpoint = join(folder, 'weights', 'small.checkpoint');
    const step = ofType(events, 'checkpoint').at(-1)?.step;
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'stop', step, checkpoint });
  });

  test('should end in time while it waits to start again', async () => {
    let killed = false;
    const waiting = { ...options, restartDelay: 1e9, seconds: 3 };
    const events = await watched(trainInProcess(config(['epochs=-1']), waiting), (event, pid) => {
      if (killed || event.type !== 'checkpoint') return;
      killed = true;
      process.kill(pid, 'SIGKILL');
    });
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'seconds' });
  });

  test('should obey what it was told before its process was there', async () => {
    const stop$ = new Subject<void>();
    const run = lastValueFrom(trainInProcess(config(['epochs=-1']), { ...options, stop$ }));
    stop$.next();
    expect(await run).toMatchObject({ type: 'stopped', step: 0, checkpoint: null });
  });

  test('should count the seconds of a run over all its processes', async () => {
    let killed = false;
    const events$ = trainInProcess(config(['epochs=-1']), { ...options, seconds: 6 });
    const events = await watched(events$, (event, pid) => {
      if (killed || event.type !== 'step') return;
      killed = true;
      process.kill(pid, 'SIGKILL');
    });
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'seconds' });
    expect(ofType(events, 'started')).toHaveLength(2);
  });

  test.each(['unsubscribe', 'abort'])(
    'should end the process on an %s, without a checkpoint',
    async (how) => {
      const abort = new AbortController();
      let pid = 0;
      const ended = new Promise<void>((resolve) => {
        const subscription = trainInProcess(config(['epochs_per_checkpoint=100', 'epochs=-1']), {
          ...options,
          signal: abort.signal,
        }).subscribe({
          next: (event) => {
            if (event.type === 'started') pid = event.pid;
            if (event.type !== 'step') return;
            if (how === 'abort') return abort.abort();
            subscription.unsubscribe();
            resolve();
          },
          complete: resolve,
        });
      });
      await ended;
      for (let i = 0; i < 500 && isAlive(pid); i += 1)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect(isAlive(pid)).toBe(false);
      expect(await readdir(join(folder, 'weights'))).toEqual([]);
    },
  );
});

/** The number of the last process that this one has started. */
async function newestChild(): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=,command=', '--ppid', String(process.pid)]);
  const workers = stdout.split('\n').filter((line) => line.includes('worker.js'));
  return Number.parseInt(workers.at(-1) ?? '', 10);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
