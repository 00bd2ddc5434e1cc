import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lastValueFrom, NEVER, Subject, take, takeUntil, tap, timer } from 'rxjs';
import { takeSample } from '../../scripts/soak/takeSample.js';
import { useEngine } from '../../src/engine/index.js';
import { keyedGenerator } from '../../src/model/random.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import type { RunCommand } from '../../src/streams/run/runCommand.js';
import { train } from '../../src/streams/run/train.js';
import { smallConfig } from '../support/checkpoints.js';
import { openedSince, openFiles } from '../support/openFiles.js';
import { writePictures } from '../support/pictures.js';
import { settled } from '../support/settled.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-leaks-'));
  await writePictures(join(folder, 'dataset'), 10);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As many as a minute and a half has room for: from sources each run's thread takes a second to start, more on a busy machine. */
const [fewest, most, enoughMs] = [40, 200, 90_000];

test('runs that are left at random moments should leave nothing behind', async () => {
  await useEngine('native').catch(() => useEngine('cpu'));
  const stop$ = new Subject<void>();
  const commands$ = new Subject<RunCommand>();
  const { signal } = new AbortController();
  const options = {
    dataset: join(folder, 'dataset'),
    weightsFolder: join(folder, 'weights'),
    picturesFolder: join(folder, 'images'),
    runsFolder: join(folder, 'runs'),
    cache: { folder: join(folder, 'cache'), memoryLimit: 500, reserve: 0 },
    previews: { samples: 2, iterations: 1 },
    stop$,
    commands$,
    signal,
  };
  let start: string[] = [];
  /** Handles and descriptors by what they are: a number would not say what was left. */
  const held = () => {
    const { tensors, poolBytes, listeners } = takeSample(0, signal);
    const handles = process.getActiveResourcesInfo().sort();
    return { tensors, poolBytes, listeners, handles, descriptors: openedSince(start) };
  };
  const config = (epochs: number) => smallConfig([`epochs=${epochs}`, 'epochs_per_checkpoint=1']);
  await lastValueFrom(train(config(1), options));
  await setTimeout(100);
  start = openFiles();
  const before = held();

  const draw = uniform();
  const left: Record<string, number> = {};
  const errors: unknown[] = [];
  const begin = performance.now();
  for (let i = 0; i < fewest || (i < most && performance.now() - begin < enoughMs); i += 1) {
    let last: TrainEvent['type'] | 'nothing' = 'nothing';
    // Half of them after so many events, on however busy a machine; the others at any moment, such as while opening.
    const events = i % 2 === 0 ? Math.floor(12 * draw()) + 1 : Number.POSITIVE_INFINITY;
    const moment = i % 2 === 0 ? NEVER : timer(150 * draw() ** 2);
    const run$ = train(config(-1), options).pipe(
      tap(({ type }) => {
        last = type;
      }),
      take(events),
      takeUntil(moment),
    );
    await lastValueFrom(run$, { defaultValue: null }).catch((error) => errors.push(error));
    left[last] = (left[last] ?? 0) + 1;
  }

  // The last may still have been opening when it was left.
  const isOver = () => JSON.stringify(held()) === JSON.stringify(before) && !stop$.observed;
  await settled(isOver).catch(() => undefined); // what is there still is said below
  expect(held()).toEqual(before);
  expect([stop$.observed, commands$.observed]).toEqual([false, false]);
  expect(errors).toEqual([]);
  // Or it would not have been left at different moments.
  expect(Object.keys(left).length).toBeGreaterThan(2);
  const files = await readdir(join(folder, 'weights'));
  expect(files.filter((name) => /lock|partial/.test(name))).toEqual([]);
  expect(await readdir(join(folder, 'cache'))).toEqual([]);
  expect(
    (await loadCheckpoint(join(folder, 'weights', 'small.checkpoint'))).state.position.step,
  ).toBeGreaterThan(0);
}, 300_000);

/** Numbers in [0, 1), the same in every run. */
function uniform(): () => number {
  const generator = keyedGenerator(1, 'leaks', 0);
  return () => (generator.next() >>> 0) * 2 ** -32;
}
