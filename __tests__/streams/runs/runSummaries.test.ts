import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { take } from 'rxjs';
import { saveCheckpoint } from '../../../src/checkpoint/saveCheckpoint.js';
import { saveModel } from '../../../src/checkpoint/saveModel.js';
import { type Journaled, toLine } from '../../../src/streams/journal/entry.js';
import { listRuns } from '../../../src/streams/runs/listRuns.js';
import { runSummaries } from '../../../src/streams/runs/runSummaries.js';
import { smallCheckpoint } from '../../support/checkpoints.js';
import { collect } from '../../support/collect.js';
import { startedEvent, stepEvent } from '../../support/events.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const position = { epoch: 0, batchInEpoch: 2, step: 2, imagesSeen: 2 };
const begun: Journaled[] = [startedEvent(), stepEvent(1), stepEvent(2)];
const finished: Journaled = { type: 'finished', ...position, model: 'm', seconds: 1 };

async function journal(name: string, events: readonly Journaled[], end = '') {
  await mkdir(inFolder('runs', name), { recursive: true });
  const text = events.map((event, i) => toLine(event, 1000 * i)).join('');
  await writeFile(inFolder('runs', name, 'events.jsonl'), text + end);
}

const summaries = (names?: readonly string[]) =>
  collect(runSummaries({ folder: inFolder(), ...(names && { names }) }));

beforeEach(() => mkdir(inFolder('saved_weights')));

describe('runSummaries', () => {
  test('should summarize every run of a folder, whatever is left of it, and touch nothing', async () => {
    await journal('a', [...begun, finished]);
    await journal('cut off', begun, '{"time":4,"type":"st\0\0');
    await mkdir(inFolder('runs', 'empty'));
    await saveCheckpoint(inFolder('saved_weights', 'imported.checkpoint'), smallCheckpoint(7));
    await saveModel(inFolder('saved_weights', 'final_result_model.model'), smallCheckpoint(7));
    await writeFile(inFolder('saved_weights', 'other.checkpoint'), 'PK not ours');
    const before = await readdir(inFolder(), { recursive: true });
    const found = await summaries();
    expect(found.map(({ name, status, steps }) => [name, status, steps])).toEqual([
      ['a', 'finished', 2],
      ['cut off', 'crashed', 2],
      ['empty', 'unknown', 0],
      ['imported', 'unknown', 7],
      ['model', 'unknown', 0],
      ['other', 'unknown', 0],
    ]);
    expect(found[3]).toMatchObject({ epochs: 1, imagesSeen: 28, config: { name: 'small' } });
    expect(found[4]?.config?.name).toBe('small');
    expect(found[5]).toMatchObject({ config: null, lastActivity: expect.any(Number) });
    expect(await readdir(inFolder(), { recursive: true })).toEqual(before);
  });

  test('should warn of a journal that cannot be read, and go on with the next run', async () => {
    await mkdir(inFolder('runs', 'a', 'events.jsonl'), { recursive: true });
    await journal('b', begun);
    const warnings: string[] = [];
    const found = await collect(
      runSummaries({ folder: inFolder(), onWarning: (message) => warnings.push(message) }),
    );
    expect(found.map(({ name, steps }) => [name, steps])).toEqual([
      ['a', 0],
      ['b', 2],
    ]);
    expect(warnings).toEqual([expect.stringContaining(inFolder('runs', 'a', 'events.jsonl'))]);
  });

  test('should know that a run is training by its lock', async () => {
    await journal('a', begun);
    const lock = { pid: process.pid, host: hostname(), birth: null, since: 'now', id: 'x' };
    await writeFile(inFolder('saved_weights', 'a.lock'), JSON.stringify(lock));
    expect((await summaries(['a']))[0]?.status).toBe('training');
  });

  test('should give the named runs in their order, read none after an unsubscribe, and be cold', async () => {
    await journal('a', begun);
    await journal('b', begun);
    const names = ['b', 'a'];
    expect((await summaries(names)).map(({ name }) => name)).toEqual(names);
    const summary$ = runSummaries({ folder: inFolder(), names });
    expect(await collect(summary$.pipe(take(1)))).toHaveLength(1);
    await journal('b', [...begun, finished]);
    expect((await collect(summary$))[0]?.status).toBe('finished');
  });

  test('should have none where there is no folder', async () => {
    expect(await listRuns(inFolder('nowhere'))).toEqual([]);
  });
});
