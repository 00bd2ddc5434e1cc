import { describe, expect, test } from '@jest/globals';
import { EMPTY, lastValueFrom, NEVER, type ObservableInput, of, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { Checkpoint, DataPosition } from '../../../src/checkpoint/checkpointContent.js';
import { CheckpointError } from '../../../src/checkpoint/checkpointError.js';
import type { Snapshot } from '../../../src/checkpoint/snapshot.js';
import type { CheckpointEvent, WarningEvent } from '../../../src/streams/run/events.js';
import {
  type WriteCheckpointsOptions,
  writeCheckpoints,
} from '../../../src/streams/writers/writeCheckpoints.js';
import { smallCheckpoint } from '../../support/checkpoints.js';

type Save = (path: string, checkpoint: Checkpoint) => ObservableInput<unknown>;
type Options = WriteCheckpointsOptions<ObservableInput<unknown>>;

const steps: Record<string, number> = { a: 1, b: 2, c: 3, d: 4 };
const positions: Record<string, DataPosition> = Object.fromEntries(
  Object.entries(steps).map(([name, step]) => [name, { epoch: step, imagesTaken: 10 * step }]),
);
const snapshotOf = (step: number): Snapshot => {
  const { config, tensors, state } = smallCheckpoint(step);
  return { config, tensors, state };
};
const elsewhere = `rescue/rescued-${process.pid}-x.checkpoint`;
const rescued = (step: number, reason = 'full') =>
  new CheckpointError(
    'w/x.checkpoint',
    `the checkpoint after step ${step} could not be written (${reason}); ` +
      `the state is in ${elsewhere}: copy it to w/x.checkpoint to resume from it`,
  );

/** A, B, ... for the checkpoints of a, b, ...; w1, w2 for warnings of the tries. */
const written = (name: string, seconds = 0): CheckpointEvent => ({
  type: 'checkpoint',
  path: 'w/x.checkpoint',
  ...smallCheckpoint(steps[name] ?? 0).state.position,
  seconds,
});
const failedTry = (number: number, tries: number, next: string): WarningEvent => ({
  type: 'warning',
  about: 'checkpoint',
  message: `w/x.checkpoint: try ${number} of ${tries} failed (full); ${next}`,
});

function scheduler() {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

/** The operator over a trainer that has made as many steps as positions have come. */
function writing(
  save: Save,
  more: Partial<Options> & { readonly snapshots?: ObservableInput<Snapshot>[] } = {},
) {
  let taken = 0;
  const { snapshots, ...options } = more;
  const snapshot = () => {
    taken += 1;
    return snapshots?.[taken - 1] ?? of(snapshotOf(taken));
  };
  const path = 'w/x.checkpoint';
  const clock = { now: () => 0 };
  return writeCheckpoints({ snapshot }, { path, save, clock, fallbackFolder: 'rescue', ...options });
}

describe('writeCheckpoints', () => {
  const values = { A: written('a'), B: written('b'), C: written('c'), D: written('d') };

  test.each([
    ['--------|', '--------|'],
    ['|        ', '|'],
    ['---------', '---------'],
    ['-#       ', '-#'],
    ['-a------|', '---A----|'],
    ['-a---b--|', '---A---B|'],
    ['-a-b-c--|', '---A-B-C|'],
  ])('should turn %s into %s where a write takes two', (given, expected) => {
    scheduler().run(({ cold, expectObservable }) => {
      expectObservable(cold(given, positions).pipe(writing(() => cold('--|')))).toBe(expected, values);
    });
  });

  test('should write one at a time, keep only the newest that waits, and write the last after the source', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  abc---d|        ', positions);
      const sourceSubs = '   ^------!        ';
      const expected = '     ----A---C---(D|)';
      const save = cold('    ----|');
      const saveSubs = ['    ^---!', '    ----^---!', '    --------^---!'];
      expectObservable(source.pipe(writing(() => save))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(save.subscriptions).toBe(saveSubs);
    });
  });

  test('should take the state when the position comes, and wait for one that takes time', () => {
    scheduler().run(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  ab-------|', positions);
      const first = hot('    ---(s|)', { s: snapshotOf(1) });
      const second = hot('   ----(s|)', { s: snapshotOf(2) });
      const expected = '     -----A-B-|';
      const save = () => cold('--|');
      expectObservable(source.pipe(writing(save, { snapshots: [first, second] }))).toBe(expected, values);
      expectSubscriptions(first.subscriptions).toBe('^--!');
      expectSubscriptions(second.subscriptions).toBe('-^--!');
    });
  });

  test('should try again after delays that double, with a warning for each try', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  a--|', positions);
      const expected = '     -1---2------3------------(A|)';
      const failing = cold(' -#', undefined, new Error('full'));
      const failingSubs = ['^!', '----^!', '-----------^!'];
      const working = cold(' -|');
      const workingSubs = '  ------------------------^!';
      const save = oneAfterTheOther(failing, failing, failing, working);
      const warnings = {
        1: failedTry(1, 4, 'again in 0.003 s'),
        2: failedTry(2, 4, 'again in 0.006 s'),
        3: failedTry(3, 4, 'again in 0.012 s'),
      };
      const result = source.pipe(writing(save, { retryDelay: 3 }));
      expectObservable(result).toBe(expected, { ...values, ...warnings });
      expectSubscriptions(failing.subscriptions).toBe(failingSubs);
      expectSubscriptions(working.subscriptions).toBe(workingSubs);
    });
  });

  test('should let only the newest wait while it tries again, and count the tries of each anew', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const source = cold('  abc-----------|', positions);
      const expected = '     -1---A-1---C--|';
      const failing = cold(' -#', undefined, new Error('full'));
      const slower = cold('  --#', undefined, new Error('full'));
      const working = cold(' -|');
      const save = oneAfterTheOther(failing, working, slower, working);
      const warnings = { 1: failedTry(1, 2, 'again in 0.003 s') };
      const result = source.pipe(writing(save, { retryDelay: 3, retries: 1 }));
      expectObservable(result).toBe(expected, { ...values, ...warnings });
    });
  });

  test('should save the state elsewhere after the last try and end with one error that says where', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  ab-----', positions);
      const sourceSubs = '   ^-------!';
      const expected = '     -1---2--#';
      const failing = cold('-#', undefined, new Error('full'));
      const toRescue = cold('---|');
      const rescueSubs = '   -----^--!';
      const paths: string[] = [];
      const save: Save = (path) => {
        paths.push(path);
        return path === elsewhere ? toRescue : failing;
      };
      const warnings = {
        1: failedTry(1, 2, 'again in 0.003 s'),
        2: failedTry(2, 2, 'saving the state elsewhere'),
      };
      const result = source.pipe(writing(save, { retryDelay: 3, retries: 1 }));
      expectObservable(result).toBe(expected, warnings, rescued(1));
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(toRescue.subscriptions).toBe(rescueSubs);
      const after = () => expect(paths).toEqual(['w/x.checkpoint', 'w/x.checkpoint', elsewhere]);
      cold('---------|').subscribe({ complete: after });
    });
  });

  test('should say so where the state cannot be saved elsewhere either', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const save: Save = (path) => {
        throw new Error(path === elsewhere ? 'full too' : 'full');
      };
      const warnings = { 1: failedTry(1, 1, 'saving the state elsewhere') };
      const what = 'the checkpoint after step 1 could not be written (full)';
      const second =
        'nor could it be saved elsewhere (full too); an earlier checkpoint, if there is one, is intact';
      const error = new CheckpointError('w/x.checkpoint', `${what}, ${second}`);
      const result = cold('a--', positions).pipe(writing(save, { retries: 0 }));
      expectObservable(result).toBe('(1#)', warnings, error);
    });
  });

  test('should name the reason without naming the file twice', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const cause = new Error('full');
      const error = new CheckpointError('w/x.checkpoint', 'cannot be written: full', { cause });
      const save: Save = (path) => (path === elsewhere ? EMPTY : cold('#', undefined, error));
      const warnings = { 1: failedTry(1, 1, 'saving the state elsewhere') };
      const result = cold('a--', positions).pipe(writing(save, { retries: 0 }));
      expectObservable(result).toBe('(1#)', warnings, rescued(1));
    });
  });

  test('should pass errors of the source and of the trainer', () => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const save = cold('----|');
      const saveSubs = ' ^-!';
      expectObservable(cold('a-#', positions).pipe(writing(() => save))).toBe('--#');
      expectSubscriptions(save.subscriptions).toBe(saveSubs);
      const snapshots = [cold<Snapshot>('-#')];
      expectObservable(cold('a--', positions).pipe(writing(() => save, { snapshots }))).toBe('-#');
      const snapshot = () => {
        throw 'error';
      };
      const thrower = writeCheckpoints({ snapshot }, { path: 'x' });
      expectObservable(cold('-a-', positions).pipe(thrower)).toBe('-#');
    });
  });

  test('should pass over the state of a position that a newer one has replaced, even where it failed', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const snapshots = [of(snapshotOf(1)), cold<Snapshot>('#'), of(snapshotOf(3))];
      const result = cold('abc|', positions).pipe(writing(() => cold('----|'), { snapshots }));
      expectObservable(result).toBe('----A---(C|)', values);
    });
  });

  test.each([
    ['while it writes', '  ^--!', '   a---', ['^--!'], '---'],
    ['while it waits', '   ^----!', ' a----', ['^--!'], '---1--'],
    ['while it rescues', ' ^----------!', 'a----', ['^--!', '------^--!', '---------^-!'], '---1-----2--'],
  ])('should let go of everything when unsubscribed %s', (_, unsubscribed, given, saveSubs, expected) => {
    scheduler().run(({ cold, expectObservable, expectSubscriptions }) => {
      const failing = cold('---#', undefined, new Error('full'));
      const options = { retries: 1, retryDelay: 3 };
      const result = cold(given.trim(), positions).pipe(writing(() => failing, options));
      const warnings = {
        1: failedTry(1, 2, 'again in 0.003 s'),
        2: failedTry(2, 2, 'saving the state elsewhere'),
      };
      expectObservable(result, unsubscribed.trim()).toBe(expected, warnings);
      expectSubscriptions(failing.subscriptions).toBe(saveSubs);
    });
  });

  test('should measure the time of writing, tries included, by the clock', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const times = [5000, 7500, 8000, 9000];
      const clock = { now: () => times.shift() ?? 0 };
      const save = oneAfterTheOther(cold('#', undefined, new Error('full')), EMPTY, EMPTY);
      const result = cold('a--b|', positions).pipe(writing(save, { clock, retryDelay: 1 }));
      const events = { 1: failedTry(1, 4, 'again in 0.001 s'), A: written('a', 2.5), B: written('b', 1) };
      expectObservable(result).toBe('1A-B|', events);
    });
  });

  test('should do nothing before it is subscribed to, and serve each subscriber by itself', () => {
    scheduler().run(({ cold, expectObservable }) => {
      let saves = 0;
      const save = () => {
        saves += 1;
        return EMPTY;
      };
      const result = cold('a|', positions).pipe(writing(save));
      expect(saves).toBe(0);
      expectObservable(result).toBe('A|', values);
      expectObservable(result, '--^').toBe('--B|', values);
    });
  });

  test('should keep up with a source that never ends', () => {
    scheduler().run(({ cold, expectObservable }) => {
      const result = cold('a--b--c--d--', positions).pipe(writing(() => cold('-|')));
      expectObservable(result).toBe('-A--B--C--D--', values);
      expectObservable(NEVER.pipe(writing(() => EMPTY))).toBe('-');
    });
  });

  test('should write with promises too, and pass their failures', async () => {
    const snapshots = [Promise.resolve(snapshotOf(1)), Promise.reject(new Error('disposed'))];
    const save: Save = () => Promise.resolve();
    const of$ = (...names: string[]) => of(...names.map((name) => positions[name] as DataPosition));
    const result = lastValueFrom(of$('a').pipe(writing(save, { snapshots }), toArray()));
    await expect(result).resolves.toEqual([written('a')]);
    const failing = lastValueFrom(of$('a', 'b').pipe(writing(save, { snapshots }), toArray()));
    await expect(failing).rejects.toThrow('disposed');
  });
});

function oneAfterTheOther(...saves: ObservableInput<unknown>[]): Save {
  return () => saves.shift() ?? EMPTY;
}
