import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  concatMap,
  finalize,
  from,
  lastValueFrom,
  map,
  NEVER,
  of,
  range,
  Subject,
  take,
  timer,
  toArray,
} from 'rxjs';
import { newestMap } from '../../../src/streams/flow/newestMap.js';
import { late, marbles } from '../../support/marbles.js';

describe('newestMap', () => {
  test('should run one at a time and keep only the newest that waits', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' a-b-c-------|');
      const subs = '        ^-----------!';
      const expected = '    ----a---c---|';
      expectObservable(source.pipe(newestMap(late(cold, '----(x|)')))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  test('should keep as many as are declared, drop the oldest and tell of it', () => {
    marbles(({ cold, expectObservable, flush }) => {
      const source = cold(' abcde----------------|');
      const expected = '    ----a---c---d---e----|';
      const dropped: string[] = [];
      const options = { waiting: 3, onDrop: (value: string) => void dropped.push(value) };
      expectObservable(source.pipe(newestMap(late(cold, '----(x|)'), options))).toBe(expected);
      flush();
      expect(dropped).toEqual(['b']);
    });
  });

  test('should drop nothing of a burst that fits', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold(' (abcd|)           ');
      const expected = '    ----a---b---c---(d|)';
      const onDrop = (value: string) => {
        throw new Error(`dropped ${value}`);
      };
      expectObservable(source.pipe(newestMap(late(cold, '----(x|)'), { waiting: 3, onDrop }))).toBe(expected);
    });
  });

  test('should write the last value after the source has completed', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('ab|').pipe(newestMap(late(cold, '----(x|)')))).toBe('----a---(b|)');
    });
  });

  test.each([
    ['never', '  ---------', ' ---------'],
    ['empty', '  --|      ', ' --|      '],
    ['one', '    a-|      ', ' ----(a|) '],
    ['many', '   abc----|  ', ' ----a---(c|)'],
    ['error', '  a-----#   ', ' ----a-#   '],
    ['an error while one runs', 'ab#', '--#'],
    ['endless', 'a----b-----', '----a----b-'],
  ])('should cope with %s', (_, given, expected) => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold(given.trim()).pipe(newestMap(late(cold, '----(x|)')))).toBe(expected.trim());
    });
  });

  test('should pass errors of what runs, of a throwing projection and of a throwing onDrop', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const throwing = (): never => {
        throw 'error';
      };
      expectObservable(cold('a--').pipe(newestMap(() => cold('-#')))).toBe('-#');
      expectObservable(cold('-a-').pipe(newestMap(throwing))).toBe('-#');
      const source = cold('abc-');
      const inner = cold(' ----');
      expectObservable(source.pipe(newestMap(() => inner, { onDrop: throwing }))).toBe('--#');
      expectSubscriptions(source.subscriptions).toBe('^-!');
      expectSubscriptions(inner.subscriptions).toBe(' ^-!');
    });
  });

  test('should unsubscribe from what runs and take nothing that waits', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const source = cold('ab---');
      const inner = cold(' ------x');
      let projected = 0;
      const project = () => {
        projected += 1;
        return inner;
      };
      expectObservable(source.pipe(newestMap(project)), '^--!').toBe('---');
      expectSubscriptions(source.subscriptions).toBe('^--!');
      expectSubscriptions(inner.subscriptions).toBe('^--!');
      flush();
      expect(projected).toBe(1);
    });
  });

  test('should end synchronous streams without an end when unsubscribed', async () => {
    const endless = () => range(0, Number.POSITIVE_INFINITY);
    const fromInner = await lastValueFrom(of(0).pipe(newestMap(endless), take(3), toArray()));
    const fromSource = await lastValueFrom(
      endless().pipe(
        newestMap((n) => of(n)),
        take(3),
        toArray(),
      ),
    );
    expect([fromInner, fromSource]).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  test('should not nest projections that are synchronous', () => {
    const gate = new Subject<number>();
    const seen: number[] = [];
    let completed = false;
    const project = (n: number) => (n === 0 ? gate : of(n));
    range(0, 20_000)
      .pipe(newestMap(project, { waiting: 20_000 }))
      .subscribe({
        next: (n) => seen.push(n),
        complete: () => {
          completed = true;
        },
      });
    gate.complete();
    expect([seen.length, completed]).toEqual([19_999, true]);
  });

  test('should take what its own output causes', () => {
    const source = new Subject<number>();
    const seen: number[] = [];
    const freed = finalize<number>(() => seen.length === 2 && source.next(10));
    source.pipe(newestMap((n) => of(n).pipe(freed))).subscribe((n) => {
      seen.push(n);
      if (n < 2) source.next(n + 1);
    });
    source.next(1);
    expect(seen).toEqual([1, 2, 10]);
  });

  test('should give each subscriber waiting values of its own', () => {
    marbles(({ cold, hot, expectObservable }) => {
      const result = hot('abc-----d|').pipe(newestMap(late(cold, '----(x|)')));
      expectObservable(result).toBe('           ----a---c---(d|)');
      expectObservable(result, '-----^').toBe('  ------------(d|)');
    });
  });

  test('should lose nothing but what it tells of, in real time too', async () => {
    const check = async (pauses: number[], waiting: number) => {
      const dropped: number[] = [];
      let running = 0;
      const project = (n: number) => {
        running += 1;
        expect(running).toBe(1);
        return timer(2).pipe(
          map(() => n),
          finalize(() => {
            running -= 1;
          }),
        );
      };
      const source = from(pauses).pipe(concatMap((pause, n) => timer(pause).pipe(map(() => n))));
      const options = { waiting, onDrop: (n: number) => void dropped.push(n) };
      const written = await lastValueFrom(source.pipe(newestMap(project, options), toArray()));
      expect([...written].sort((a, b) => a - b)).toEqual(written);
      expect([...written, ...dropped].sort((a, b) => a - b)).toEqual(pauses.map((_, n) => n));
      expect(written.at(-1)).toBe(pauses.length > 0 ? pauses.length - 1 : undefined);
    };
    const pauses = fc.array(fc.nat(3), { maxLength: 8 });
    await fc.assert(fc.asyncProperty(pauses, fc.integer({ min: 1, max: 3 }), check), { numRuns: 20 });
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'should refuse %d waiting at call time',
    (waiting) => {
      expect(() => newestMap(() => NEVER, { waiting })).toThrow(RangeError);
      expect(() => newestMap(() => from([]), { waiting })).toThrow(`got ${waiting}`);
    },
  );
});
