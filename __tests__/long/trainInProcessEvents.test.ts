import { readdir } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { lastValueFrom, Subject, toArray } from 'rxjs';
import { DatasetError } from '../../src/data/datasetError.js';
import { EngineUnavailableError } from '../../src/engine/engines.js';
import { trainInProcess } from '../../src/streams/process/trainInProcess.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import type { RunCommand } from '../../src/streams/run/runCommand.js';
import { train } from '../../src/streams/run/train.js';
import { missingEngine } from '../support/missingEngine.js';
import { fourEpochs, ofType, stateIn, useProcessRuns, watched } from '../support/processRuns.js';

// Each test starts up to four processes, one after the other, which take seconds each on a busy machine.
jest.setTimeout(180_000);
const { inFolder, options } = useProcessRuns();

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
      train(fourEpochs(), { ...options(), weightsFolder: inFolder('here'), runsFolder: null }).pipe(
        toArray(),
      ),
    );
    const there = await lastValueFrom(trainInProcess(fourEpochs(), options()).pipe(toArray()));
    expect(facts(there)).toEqual(facts(here));
    const types = (events: readonly TrainEvent[]) => [...new Set(events.map(({ type }) => type))].sort();
    expect(types(there)).toEqual(types(here));
    expect(there[0]).toMatchObject({ type: 'started', engine: 'native' });
    expect(ofType(there, 'started')[0]?.pid).not.toBe(process.pid);
    expect(await stateIn(inFolder('weights'))).toEqual(await stateIn(inFolder('here')));
  });

  test.each([{ restarts: -1 }, { restarts: 1.5 }, { restartDelay: Number.NaN }, { seconds: -1 }])(
    'should refuse %j when it is called',
    (more) => {
      expect(() => trainInProcess(fourEpochs(), { ...options(), ...more })).toThrow(RangeError);
    },
  );

  test('should end with the error of the run, as an instance of its class', async () => {
    const dataset = inFolder('nowhere');
    const missing = lastValueFrom(trainInProcess(fourEpochs(), { ...options(), dataset }));
    await expect(missing).rejects.toBeInstanceOf(DatasetError);
    await expect(missing).rejects.toMatchObject({ dataset, name: 'DatasetError' });
    await expect(missing).rejects.toThrow(/nowhere: folder does not exist/);
    const engine = await missingEngine();
    if (engine === null) return;
    const without = lastValueFrom(trainInProcess(fourEpochs(), { ...options(), engine }));
    await expect(without).rejects.toBeInstanceOf(EngineUnavailableError);
  });

  test('should pass commands on', async () => {
    const commands$ = new Subject<RunCommand>();
    const events = await watched(
      trainInProcess(fourEpochs(['epochs_per_checkpoint=100']), { ...options(), commands$ }),
      (event) => {
        if (event.type === 'step' && event.step === 2) commands$.next('pause');
        if (event.type === 'paused') commands$.next('checkpoint');
        if (event.type === 'checkpoint' && event.step < 12) commands$.next('resume');
      },
    );
    const order = events.map(({ type }) => type).filter((type) => /paused|checkpoint|resumed/.test(type));
    expect(order).toEqual(['paused', 'checkpoint', 'resumed', 'checkpoint']);
  });

  test.each(['unsubscribe', 'abort'])(
    'should end the process on an %s, without a checkpoint',
    async (how) => {
      const abort = new AbortController();
      let pid = 0;
      const ended = new Promise<void>((resolve) => {
        const subscription = trainInProcess(fourEpochs(['epochs_per_checkpoint=100', 'epochs=-1']), {
          ...options(),
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
      expect(await readdir(inFolder('weights'))).toEqual([]);
    },
  );
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
