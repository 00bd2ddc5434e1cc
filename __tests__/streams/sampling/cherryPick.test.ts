import { describe, expect, jest, test } from '@jest/globals';
import { concat, EMPTY, from, map, NEVER, of } from 'rxjs';
import { imageAt, joinImages } from '../../../src/base/imageBatches.js';
import type { ImageBatch } from '../../../src/base/plainData.js';
import { cherryPick } from '../../../src/streams/sampling/cherryPick.js';
import type { CherryChoice, CherryState } from '../../../src/streams/sampling/cherryState.js';
import { samples } from '../../../src/streams/sampling/samples.js';
import { collect } from '../../support/collect.js';
import { useTestEngine } from '../../support/engine.js';
import { marbles } from '../../support/marbles.js';
import { greyBatch, greys } from '../../support/recipes.js';
import { withModel } from '../../support/withModel.js';

useTestEngine();

const toggle = (number: number): CherryChoice => ({ type: 'toggle', number });
const order = (...numbers: number[]): CherryChoice => ({ type: 'order', order: numbers });
const choices: Record<string, CherryChoice> = {
  1: toggle(1),
  2: toggle(2),
  7: toggle(7),
  n: { type: 'next' },
  u: { type: 'undo' },
  o: order(2, 1),
  x: order(1, 1),
};
/** Batches of three images, of the greys 11, 12, 13, 21, ... */
const batches: Record<string, ImageBatch> = {
  a: greyBatch(1, 11, 12, 13),
  b: greyBatch(1, 21, 22, 23),
  c: greyBatch(1, 31, 32, 33),
};
const batchOf = (number: number) => batches['abc'[number] ?? ''];

/** A state in a few letters: batch, picks, and what else there is to say. */
function told({ batch, picks, phase, waiting, exhausted, problem, chosen }: CherryState): string {
  const marks = [waiting && 'w', exhausted && 'e', problem && 'p', phase === 'ordering' && 'o'].filter(
    Boolean,
  );
  const made = picks.map(({ image }) => greys(image).join()).join('+');
  return `${batch}:${made}${marks.length > 0 ? ` ${marks.join('')}` : ''}${chosen ? ` = ${greys(chosen).join('+')}` : ''}`;
}

const values = {
  s: '0: w',
  a: '1:',
  1: '1:11',
  w: '1:11 w',
  v: '1: w',
  b: '2:11',
  B: '2:',
  2: '2:11+22 o',
  d: '2:11+22 = 22+11',
  e: '1: e',
  p: '1: ep',
  E: '1:11 e',
};

describe('cherryPick', () => {
  test('should give the state to begin with, with each batch and choice, and the picks in their order', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const candidates = cold('-a----b---', batches);
      const choices$ = cold('  --1-n--2o-', choices);
      const subs = '           ^-------!';
      const expected = '       sa1-w-b2(d|)';
      expectObservable(cherryPick(candidates, choices$, { keep: 2 }).pipe(map(told))).toBe(expected, values);
      expectSubscriptions(candidates.subscriptions).toBe(subs);
      expectSubscriptions(choices$.subscriptions).toBe(subs);
    });
  });

  test('should ask for one batch ahead of the one that is shown, and no more', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const made = [
        cold('--(a|)', batches),
        cold('---(b|)', batches),
        cold('-(c|)', batches),
        cold('', batches),
      ];
      const choices$ = cold('  ------n---', choices);
      const expected = '       s-a---B---';
      const subs = ['^-!', '--^--!', '------^!'];
      const result = cherryPick((i) => made[i] ?? NEVER, choices$).pipe(map(told));
      expectObservable(result, '^---------!').toBe(expected, values);
      for (const [i, windows] of subs.entries()) {
        expectSubscriptions(made[i]?.subscriptions ?? []).toBe(windows);
      }
      expectSubscriptions(made[3]?.subscriptions ?? []).toBe([]);
    });
  });

  test('should let choices that come early wait for their batch', () => {
    marbles(({ cold, expectObservable }) => {
      const made = [cold('---(a|)', batches), cold('-----(b|)', batches)];
      const choices$ = cold('  (1n2o)        ', choices);
      const expected = '       s--(a1w)(b2d|)';
      const result = cherryPick((i) => made[i] ?? NEVER, choices$, { keep: 2 });
      expectObservable(result.pipe(map(told))).toBe(expected, values);
    });
  });

  test('should tell a choice that cannot be in the state, and go on', () => {
    marbles(({ cold, expectObservable }) => {
      const candidates = cold('-a--------', batches);
      const choices$ = cold('  --u7o1-2xo', choices);
      const expected = '       sapppq-ox(d|)';
      const own = {
        s: '0: w',
        a: '1:',
        p: '1: p',
        q: '1:11',
        o: '1:11+12 o',
        x: '1:11+12 po',
        d: '1:11+12 = 12+11',
      };
      expectObservable(cherryPick(candidates, choices$, { keep: 2 }).pipe(map(told))).toBe(expected, own);
    });
  });

  test.each([
    ['between', '-a----', '--1-|', 'sa1-|'],
    ['before the first batch', '-a', '|', '(s|)'],
    ['while a batch is made', '-a------b', '---n-|', 'sa-v-|'],
    ['never', '-a---', '--1---', 'sa1---'],
  ])('should end with choices that end %s', (_, given, chosen, expected) => {
    marbles(({ cold, expectObservable }) => {
      const result = cherryPick(cold(given, batches), cold(chosen, choices));
      expectObservable(result.pipe(map(told))).toBe(expected, values);
    });
  });

  test('should let the person go on with what is shown when the candidates end', () => {
    marbles(({ cold, expectObservable }) => {
      const candidates = cold('-a|   ', batches);
      const choices$ = cold('  ---n-1', choices);
      const expected = '       saep-E';
      expectObservable(cherryPick(candidates, choices$).pipe(map(told))).toBe(expected, values);
      const one = (i: number) => (i === 0 ? of(batchOf(0) as ImageBatch) : EMPTY);
      expectObservable(cherryPick(one, cold('-----1', choices)).pipe(map(told))).toBe('(sae)E', values);
    });
  });

  test('should end where there is no batch at all', () => {
    marbles(({ cold, expectObservable }) => {
      const own = { s: '0: w', e: '0: ep' };
      expectObservable(cherryPick(cold('--|'), NEVER).pipe(map(told))).toBe('s-(e|)', own);
      expectObservable(cherryPick(() => cold('--|'), NEVER).pipe(map(told))).toBe('s-(e|)', own);
    });
  });

  test('should pass errors of the choices at once, of candidates when their batch is asked for', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const candidates = cold('-a---', batches);
      expectObservable(cherryPick(candidates, cold('---#')).pipe(map(told))).toBe('sa-#', values);
      expectSubscriptions(candidates.subscriptions).toBe('^--!');
      const failing = () => cold('-a-#', batches);
      expectObservable(cherryPick(failing(), cold('-----n', choices)).pipe(map(told))).toBe(
        'sa---(v#)',
        values,
      );
      const d = { s: '0: w', a: '1:', d: '1:11 = 11' };
      const kept = cherryPick(failing(), cold('-----1', choices), { keep: 1 });
      expectObservable(kept.pipe(map(told))).toBe('sa---(d|)', d);
      expectObservable(cherryPick(cold('--#'), NEVER).pipe(map(told))).toBe('s-#', values);
      const throwing = (): never => {
        throw 'error';
      };
      expectObservable(cherryPick(throwing, NEVER).pipe(map(told))).toBe('(s#)', values);
    });
  });

  test('should leave both, and the batch that is being made, at an unsubscribe', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const candidates = cold('-a----b', batches);
      const choices$ = cold('  --1----', choices);
      const ahead = cold<ImageBatch>('---------');
      const made = (i: number) => (i === 0 ? of(batchOf(0) as ImageBatch) : ahead);
      expectObservable(cherryPick(candidates, choices$).pipe(map(told)), '^---!').toBe('sa1--', values);
      expectSubscriptions(candidates.subscriptions).toBe('^---!');
      expectSubscriptions(choices$.subscriptions).toBe('^---!');
      expectObservable(cherryPick(made, NEVER).pipe(map(told)), '^---!').toBe('(sa)', values);
      expectSubscriptions(ahead.subscriptions).toBe('^---!');
    });
  });

  test('should begin anew for each subscriber, also where all comes at once', async () => {
    const all = of(...'1n2o'.split('').map((key) => choices[key] as CherryChoice));
    const picked$ = cherryPick(from(Object.values(batches)), all, { keep: 2 }).pipe(map(told));
    expect(await collect(picked$)).toEqual(['0: w', '1:', '1:11', '2:11', '2:11+22 o', '2:11+22 = 22+11']);
    expect(await collect(picked$)).toEqual(await collect(picked$));
  });

  test('should make no more of an endless source than is seen, and leave no tensor', () =>
    withModel(async (model) => {
      const sample = jest.spyOn(model, 'sample');
      const candidates = (i: number) => samples(model, { firstBatch: i, seed: 3 });
      const wanted = [toggle(9), ...Array<CherryChoice>(3).fill({ type: 'next' }), toggle(1), order(2, 1)];
      const states = await collect(cherryPick(candidates, from(wanted), { keep: 2 }));
      expect(states.at(-1)?.batch).toBe(4);
      expect(sample.mock.calls.length).toBeLessThanOrEqual(5);
      const [last, first] = await Promise.all([3, 0].map((i) => collect(candidates(i))));
      const expected = joinImages([imageAt(last![0]!, 0), imageAt(first![0]!, 8)]);
      expect(states.at(-1)?.chosen).toEqual(expected);
    }));

  test('should refuse to keep what is no number, and batches of other sizes', async () => {
    for (const keep of [0, -1, 1.5, Number.NaN]) {
      const message = `cherryPick: keep must be a positive integer, got ${keep}`;
      expect(() => cherryPick(NEVER, NEVER, { keep })).toThrow(message);
    }
    const mixed = from([greyBatch(1, 1), greyBatch(2, 1)]);
    const result = collect(cherryPick(mixed, concat(of(choices.n as CherryChoice), NEVER)));
    await expect(result).rejects.toThrow('cherryPick: expected images of 1x1 as before, got 2x2');
  });
});
