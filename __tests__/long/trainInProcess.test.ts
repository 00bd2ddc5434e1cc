/** What happens to a run whose process crashes, ends or waits. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import { lastValueFrom, Subject, toArray } from 'rxjs';
import { CheckpointError } from '../../src/checkpoint/checkpointError.js';
import { RunInUseError } from '../../src/checkpoint/lock/errors.js';
import { readJournal } from '../../src/streams/journal/readJournal.js';
import { trainInProcess } from '../../src/streams/process/trainInProcess.js';
import { RunCrashedError } from '../../src/streams/run/errors.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import type { RunCommand } from '../../src/streams/run/runCommand.js';
import { train } from '../../src/streams/run/train.js';
import { fourEpochs, ofType, stateIn, useProcessRuns, watched } from '../support/processRuns.js';
import { pointsOf, readLog } from '../support/tensorBoard.js';

// Each test starts up to four processes, one after the other, which take seconds each on a busy machine.
jest.setTimeout(180_000);
const { inFolder, options } = useProcessRuns();

describe('trainInProcess', () => {
  test('should go on from the checkpoint after kill -9, with the same weights in the end', async () => {
    await lastValueFrom(
      train(fourEpochs(), { ...options(), weightsFolder: inFolder('here'), runsFolder: null }),
    );
    const killAt = new Set([5, 8]);
    const events = await watched(trainInProcess(fourEpochs(), options()), (event, pid) => {
      if (event.type === 'step' && killAt.delete(event.step)) process.kill(pid, 'SIGKILL');
    });
    expect(ofType(events, 'crash')).toHaveLength(2);
    expect(ofType(events, 'crash')[0]).toMatchObject({ signal: 'SIGKILL', restartSeconds: 0.001 });
    expect(ofType(events, 'crash')[0]?.message).toMatch(
      /was killed, .*; restarting from the (beginning|checkpoint of step \d+)/,
    );
    expect(ofType(events, 'started')).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 12 });
    expect(await stateIn(inFolder('weights'))).toEqual(await stateIn(inFolder('here')));
    const points = pointsOf(await readLog(inFolder('runs', 'small')), 'loss/iter');
    const seen = points.map(([imagesSeen]) => imagesSeen);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen.slice(-3)).toEqual([34, 38, 40]);
  });

  test('should take its initial weights once: a crash before its first checkpoint starts from them, a later one does not', async () => {
    const model = inFolder('weights', 'final_result_first.model');
    await lastValueFrom(train(fourEpochs(['seed=9']), { ...options(), name: 'first', runsFolder: null }));
    const initFrom = { initFrom: model };
    await lastValueFrom(
      train(fourEpochs(), { ...options(), ...initFrom, weightsFolder: inFolder('here'), runsFolder: null }),
    );
    const killAt = new Set([1, 8]);
    const events = await watched(
      trainInProcess(fourEpochs(), { ...options(), ...initFrom }),
      (event, pid) => {
        if (event.type === 'step' && killAt.delete(event.step)) process.kill(pid, 'SIGKILL');
      },
    );
    const starts = ofType(events, 'started').map(({ initFrom, resumed }) => [initFrom, resumed === null]);
    expect(starts).toEqual([
      [model, true],
      [model, true],
      [null, false],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 12 });
    expect(await stateIn(inFolder('weights'))).toEqual(await stateIn(inFolder('here')));
    const again = lastValueFrom(trainInProcess(fourEpochs(), { ...options(), ...initFrom }));
    await expect(again).rejects.toBeInstanceOf(CheckpointError);
    await expect(again).rejects.toThrow('run small already has a checkpoint');
  });

  test('should give up after too many crashes, with the last checkpoint whole', async () => {
    const events: TrainEvent[] = [];
    const run = watched(
      trainInProcess(fourEpochs(['epochs=-1']), { ...options(), restarts: 1 }),
      (event, pid) => {
        events.push(event);
        const again = ofType(events, 'started').length > 1;
        if (event.type === (again ? 'step' : 'checkpoint')) process.kill(pid, 'SIGSEGV');
      },
    );
    await expect(run).rejects.toBeInstanceOf(RunCrashedError);
    await expect(run).rejects.toThrow(
      /crashed \(SIGSEGV.*\), 2 times without reaching a new checkpoint; the same command resumes from the checkpoint of step \d+/,
    );
    expect(ofType(events, 'crash').map(({ restartSeconds }) => restartSeconds)).toEqual([0.001, null]);
    expect((await stateIn(inFolder('weights'))).state.position.step).toBeGreaterThanOrEqual(3);
  });

  test('should fail where its process crashes while it stops, and have that in the journal', async () => {
    const stop$ = new Subject<void>();
    const run = watched(trainInProcess(fourEpochs(['epochs=-1']), { ...options(), stop$ }), (event, pid) => {
      if (event.type !== 'checkpoint') return;
      process.kill(pid, 'SIGKILL');
      stop$.next();
    });
    await expect(run).rejects.toThrow(
      /was killed, .*; it was stopping, so the steps since its last checkpoint are lost; the same command resumes from the checkpoint of step \d+/,
    );
    const entries = await lastValueFrom(
      readJournal(inFolder('runs', 'small', 'events.jsonl')).pipe(toArray()),
    );
    expect(entries.slice(-2)).toMatchObject([
      { type: 'crash', signal: 'SIGKILL', restartSeconds: null },
      { type: 'failed', error: 'RunCrashedError', message: expect.stringContaining('it was stopping') },
    ]);
  });

  test('should have each crash in the journal, between the lives of the run', async () => {
    let killed = false;
    await watched(trainInProcess(fourEpochs(['epochs=1']), options()), (event, pid) => {
      if (killed || event.type !== 'step') return;
      killed = true;
      process.kill(pid, 'SIGKILL');
    });
    const path = inFolder('runs', 'small', 'events.jsonl');
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
      trainInProcess(fourEpochs(['epochs=-1', 'epochs_per_checkpoint=1000']), { ...options(), stop$ }),
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
    await lastValueFrom(trainInProcess(fourEpochs(['epochs=1']), options()));
    const stop$ = new Subject<void>();
    const run = lastValueFrom(trainInProcess(fourEpochs(), { ...options(), stop$ }).pipe(toArray()));
    const child = await newestChild();
    stop$.next();
    process.kill(child, 'SIGINT');
    const events = await run;
    expect(events.map(({ type }) => type)).toEqual(['stopped']);
    expect(events[0]).toMatchObject({ step: 3, checkpoint: inFolder('weights', 'small.checkpoint') });
  });

  test('should keep a second run of the name away', async () => {
    const stop$ = new Subject<void>();
    const started = new Subject<void>();
    const first = watched(trainInProcess(fourEpochs(['epochs=-1']), { ...options(), stop$ }), (event) => {
      if (event.type === 'started') started.next();
    });
    await new Promise<void>((resolve) => started.subscribe(resolve));
    const second = lastValueFrom(trainInProcess(fourEpochs(), options()));
    await expect(second).rejects.toBeInstanceOf(RunInUseError);
    await expect(second).rejects.toBeInstanceOf(CheckpointError);
    stop$.next();
    expect((await first).at(-1)).toMatchObject({ type: 'stopped' });
  });

  test('should stay paused across a crash', async () => {
    const commands$ = new Subject<RunCommand>();
    let pauses = 0;
    const events = await watched(trainInProcess(fourEpochs(), { ...options(), commands$ }), (event, pid) => {
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
    const waiting = { ...options(), restartDelay: 1e9, stop$ };
    const events = await watched(trainInProcess(fourEpochs(['epochs=-1']), waiting), (event, pid) => {
      if (event.type === 'checkpoint') process.kill(pid, 'SIGKILL');
      if (event.type === 'crash') setTimeout(() => stop$.next());
    });
    const checkpoint = inFolder('weights', 'small.checkpoint');
    const step = ofType(events, 'checkpoint').at(-1)?.step;
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'stop', step, checkpoint });
  });

  test('should end in time while it waits to start again', async () => {
    let killed = false;
    const waiting = { ...options(), restartDelay: 1e9, seconds: 3 };
    const events = await watched(trainInProcess(fourEpochs(['epochs=-1']), waiting), (event, pid) => {
      if (killed || event.type !== 'checkpoint') return;
      killed = true;
      process.kill(pid, 'SIGKILL');
    });
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'seconds' });
  });

  test('should obey what it was told before its process was there', async () => {
    const stop$ = new Subject<void>();
    const run = lastValueFrom(trainInProcess(fourEpochs(['epochs=-1']), { ...options(), stop$ }));
    stop$.next();
    expect(await run).toMatchObject({ type: 'stopped', step: 0, checkpoint: null });
  });

  test('should count the seconds of a run over all its processes', async () => {
    let killed = false;
    const events$ = trainInProcess(fourEpochs(['epochs=-1']), { ...options(), seconds: 6 });
    const events = await watched(events$, (event, pid) => {
      if (killed || event.type !== 'step') return;
      killed = true;
      process.kill(pid, 'SIGKILL');
    });
    expect(events.at(-1)).toMatchObject({ type: 'stopped', reason: 'seconds' });
    expect(ofType(events, 'started')).toHaveLength(2);
  });
});

/** The number of the last process that this one has started, as soon as there is one. */
async function newestChild(): Promise<number> {
  for (;;) {
    const { stdout } = await promisify(execFile)('ps', [
      '-o',
      'pid=,command=',
      '--ppid',
      String(process.pid),
    ]);
    const newest = stdout.split('\n').findLast((line) => line.includes('worker.js'));
    if (newest !== undefined) return Number.parseInt(newest, 10);
  }
}
