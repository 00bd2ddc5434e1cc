import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { watchCommand } from '../../src/cli/commands/watch.js';
import { type Journaled, toLine } from '../../src/streams/journal/entry.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { startedEvent, stepEvent } from '../support/events.js';
import { eventually } from '../support/eventually.js';
import { runCommand } from '../support/runCommand.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const position = { epoch: 0, batchInEpoch: 2, step: 2, imagesSeen: 2 };
const begun: TrainEvent[] = [startedEvent(), stepEvent(1), stepEvent(2)];
const stopped: TrainEvent = { type: 'stopped', ...position, reason: 'stop', checkpoint: 'x', seconds: 1 };
const journal = () => inFolder('runs', 'small', 'events.jsonl');
const lines = (events: readonly Journaled[]) => events.map((event, i) => toLine(event, 3000 * i)).join('');
const watch = (...args: string[]) => runCommand(watchCommand(), [...args, '--folder', inFolder()]);

beforeEach(async () => {
  await mkdir(inFolder('runs', 'small'), { recursive: true });
  await mkdir(inFolder('saved_weights'));
});

describe('nvae watch', () => {
  test('should tell a run that is over as it was', async () => {
    await writeFile(journal(), lines([...begun, stopped]));
    const { stderr, stdout, exitCode } = await watch('small');
    expect(stderr).toMatch(/training small on native.*\n.*step 1 .*\n.*step 2 .*\nstopped after 2 steps/);
    expect([stdout, exitCode]).toEqual(['', undefined]);
  });

  test('should give its events as JSON, with their times', async () => {
    await writeFile(journal(), lines([...begun, stopped]));
    const { stdout, stderr } = await watch('small', '--json');
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told.map(({ type, time }) => [type, time])).toEqual([
      ['started', 0],
      ['step', 3000],
      ['step', 6000],
      ['stopped', 9000],
    ]);
    expect(stderr).toBe('');
  });

  test('should say why a run has failed, also with --quiet, and not that it reported no result', async () => {
    const failed = { type: 'failed', error: 'DatasetError', message: 'dataset: expected images' } as const;
    await writeFile(journal(), lines([...begun, failed]));
    const { stderr, exitCode } = await watch('small', '--quiet');
    expect(stderr).toBe('warning: the run failed: dataset: expected images\n');
    expect(exitCode).toBeUndefined();
    expect((await watch('small')).stderr).not.toContain('reported no result');
  });

  test('should say that the process of a run is gone, also with --quiet', async () => {
    await writeFile(journal(), lines(begun));
    expect((await watch('small', '--quiet')).stderr).toMatch(
      /^warning: the run's process is gone and reported no result; there is no checkpoint yet/,
    );
  });

  test('should follow a run while its process lives, and touch nothing', async () => {
    await writeFile(journal(), lines(begun));
    const lock = { pid: process.pid, host: hostname(), birth: null, since: 'now', id: 'x' };
    await writeFile(inFolder('saved_weights', 'small.lock'), JSON.stringify(lock));
    const watched = watch('small', '--json');
    const shown = () => jest.mocked(process.stdout.write).mock.calls.join('');
    await eventually(() => expect(shown()).toContain('"step":2'));
    await appendFile(journal(), lines([stepEvent(3), stopped]));
    await rm(inFolder('saved_weights', 'small.lock'));
    const { stdout } = await watched;
    expect(stdout.match(/"type":"(\w+)"/g)?.join()).toBe(
      ['started', 'step', 'step', 'step', 'stopped'].map((type) => `"type":"${type}"`).join(),
    );
    expect(await readdir(inFolder('saved_weights'))).toEqual([]);
  });

  test('should refuse --compare where there is no dashboard, and with the run itself', async () => {
    await writeFile(journal(), lines(begun));
    await expect(watch('small', '--compare', 'other')).rejects.toThrow(
      '--compare: draws a curve on the dashboard, which is not shown here; nvae runs small other compares their numbers',
    );
    await expect(watch('small', '--compare', 'small')).rejects.toThrow(
      '--compare: small is the run itself; name another',
    );
  });

  test('should name the runs there are where it is none of them', async () => {
    await writeFile(journal(), '');
    await expect(watch('smal')).rejects.toThrow(
      /^smal: no run has this name; runs in .*runs: small \(did you mean small\?\)/,
    );
    await expect(runCommand(watchCommand(), ['x', '--folder', inFolder('none')])).rejects.toThrow(
      /there are no runs in .*runs; choose another folder with --folder/,
    );
  });
});
