import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JournalEntry, loadConfig, readJournal, type TrainEvent, trainInProcess } from 'rx-nvae/run';
import { lastValueFrom, Observable, toArray } from 'rxjs';
import { loaded } from './loaded.js';

assert.deepEqual(loaded('@tensorflow/tfjs-core', 'sharp', 'react', 'zod', 'rxjs'), ['rxjs']);

const events$: Observable<TrainEvent> = trainInProcess(await loadConfig('demo'), { seconds: 1 });
assert.ok(events$ instanceof Observable, 'the package has an rxjs of its own');

const journal = join(await mkdtemp(join(tmpdir(), 'rx-nvae-')), 'events.jsonl');
await writeFile(journal, `${JSON.stringify({ time: 1, type: 'warning', about: 'dataset', message: 'a' })}\n`);
const entries: JournalEntry[] = await lastValueFrom(readJournal(journal).pipe(toArray()));
assert.deepEqual(
  entries.map(({ type, time }) => [type, time]),
  [['warning', 1]],
);
