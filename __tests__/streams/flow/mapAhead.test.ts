import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { finalize, from, lastValueFrom, map, mergeMap, NEVER, of, range, Subject, take, toArray } from 'rxjs';
import { mapAhead } from '../../../src/streams/flow/mapAhead.js';
import { collect } from '../../support/collect.js';
import { late, marbles } from '../../support/marbles.js';

const atOnce = <T>(value: T) => of(value);

describe('mapAhead', () => {
  test('should prepare early and project one at a time, in order', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' ab---------c--|   ');
      const subs = '        ^-------------!     ';
      const expected = '    -----a---b------(c|)';
      const result = source.pipe(mapAhead(late(cold, '-(x|)'), late(cold, '----(x|)')));
      expectObservable(result).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  test('should prepare no more than is declared', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const preparations = ['a', 'b', 'c', 'd'].map(() => cold('-(x|)'));
      let count = 0;
      const prepare = () => preparations[count++] ?? NEVER;
      const result = cold('(abcd|)').pipe(mapAhead(prepare, late(cold, '----(x|)'), { ahead: 1 }));
      expectObservable(result).toBe('-----x---x---x---(x|)');
      flush();
      const subscribed = ['^!', '-^!', '-----^!', '---------^!'];
      for (const [i, one] of preparations.entries())
        expectSubscriptions(one.subscriptions).toBe(subscribed[i] ?? '');
    });
  });

  test.each([
    ['never', '----------', '----------'],
    ['empty', '---|      ', '---|      '],
    ['one', '   a|      ', '-----(a|) '],
    ['error', ' a-----#   ', '-----a#   '],
    ['an early error', 'a-#', '--#'],
    ['endless', 'a----------', '-----a-----'],
  ])('should cope with %s', (_, given, expected) => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold(given.trim()).pipe(mapAhead(late(cold, '-(x|)'), late(cold, '----(x|)')))).toBe(
        expected.trim(),
      );
    });
  });

  test('should give all that a projection gives, and pass over preparations that give nothing', () => {
    marbles(({ cold, expectObservable }) => {
      const prepare = (value: string) => (value === 'b' ? cold('-|') : of(value));
      const twice = (value: string) => cold('-x-(y|)').pipe(map((mark) => value + mark));
      const values = { 1: 'ax', 2: 'ay', 3: 'cx', 4: 'cy' };
      expectObservable(cold('(abc|)').pipe(mapAhead(prepare, twice))).toBe('-1-23-(4|)', values);
    });
  });

  test('should report the error of a preparation when its turn comes, and that of a projection at once', () => {
    marbles(({ cold, expectObservable }) => {
      const second = (value: string) => (value === 'b' ? cold('#') : of(value));
      expectObservable(cold('(abc|)').pipe(mapAhead(second, late(cold, '----(x|)')))).toBe('----(a#)');
      expectObservable(cold('(abc|)').pipe(mapAhead(atOnce, () => cold('--#')))).toBe('--#');
      const throwing = (): never => {
        throw 'error';
      };
      expectObservable(cold('-a').pipe(mapAhead(throwing, atOnce))).toBe('-#');
      expectObservable(cold('-a').pipe(mapAhead(atOnce, throwing))).toBe('-#');
    });
  });

  test('should finish the running projection on a stop, and abort and leave what is prepared', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const slow = cold('----------x|');
      const prepare = (value: string) => (value === 'a' ? of(value) : slow);
      const stop$ = cold('--x');
      const source = cold('(ab)---c');
      expectObservable(source.pipe(mapAhead(prepare, late(cold, '----(x|)'), { stop$ }))).toBe('----(a|)');
      expectSubscriptions(source.subscriptions).toBe('^---!');
      expectSubscriptions(slow.subscriptions).toBe('^---!');
      expectObservable(cold('a').pipe(mapAhead(atOnce, atOnce, { stop$: of(1) }))).toBe('|');
      expectObservable(NEVER.pipe(mapAhead(atOnce, atOnce, { stop$: cold('--x') }))).toBe('--|');
      expectObservable(cold('a').pipe(mapAhead(() => NEVER, atOnce, { stop$: cold('--#') }))).toBe('--#');
    });
  });

  test('should hold before the next projection while it is paused', () => {
    marbles(({ cold, expectObservable, flush }) => {
      const told: boolean[] = [];
      const pause$ = cold('  --t-------f', { t: true, f: false });
      const expected = '     ----a---------b---(c|)';
      const options = { pause$, onPause: (paused: boolean) => void told.push(paused) };
      expectObservable(cold('(abc|)').pipe(mapAhead(atOnce, late(cold, '----(x|)'), options))).toBe(expected);
      flush();
      expect(told).toEqual([true, false]);
    });
  });

  test('should tell nothing of a pause that was over before it could hold', () => {
    marbles(({ cold, expectObservable, flush }) => {
      const told: boolean[] = [];
      const pause$ = cold('  -tf', { t: true, f: false });
      const options = { pause$, onPause: (paused: boolean) => void told.push(paused) };
      expectObservable(cold('(ab|)').pipe(mapAhead(atOnce, late(cold, '----(x|)'), options))).toBe(
        '----a---(b|)',
      );
      flush();
      expect(told).toEqual([]);
    });
  });

  test('should pass what onPause throws', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a----');
      const onPause = () => {
        throw 'error';
      };
      const options = { pause$: of(true), onPause };
      expectObservable(source.pipe(mapAhead(atOnce, atOnce, options))).toBe('#');
      expectSubscriptions(source.subscriptions).toBe('(^!)');
    });
  });

  test('should begin a projection before it prepares what comes next', () => {
    const told: string[] = [];
    const first = new Subject<never>();
    const prepare = (n: number) => {
      told.push(`prepare ${n}`);
      return of(n);
    };
    const project = (n: number) => {
      told.push(`project ${n}`);
      return n === 0 ? first : NEVER;
    };
    const subscription = range(0, 9)
      .pipe(mapAhead(prepare, project, { ahead: 1 }))
      .subscribe();
    expect(told).toEqual(['prepare 0', 'project 0', 'prepare 1']);
    first.complete();
    expect(told.slice(3)).toEqual(['project 1', 'prepare 2']);
    subscription.unsubscribe();
  });

  test('should release what one projection holds before the next begins', () => {
    let held = 0;
    const project = (n: number) => {
      held += 1;
      expect(held).toBe(1);
      return of(n).pipe(
        finalize(() => {
          held -= 1;
        }),
      );
    };
    const seen: number[] = [];
    range(0, 3)
      .pipe(mapAhead(atOnce, project))
      .subscribe((n) => seen.push(n));
    expect([seen, held]).toEqual([[0, 1, 2], 0]);
  });

  test('should end synchronous streams without an end when unsubscribed', async () => {
    const endless = () => range(0, Number.POSITIVE_INFINITY);
    const few = take<number>(3);
    expect(await collect(endless().pipe(mapAhead(atOnce, atOnce), few))).toEqual([0, 1, 2]);
    expect(await collect(of(0).pipe(mapAhead(atOnce, endless), few))).toEqual([0, 1, 2]);
  });

  test('should stop while it is paused', () => {
    marbles(({ cold, expectObservable }) => {
      const options = { pause$: of(true), stop$: cold('-----x') };
      expectObservable(cold('(ab|)').pipe(mapAhead(atOnce, atOnce, options))).toBe('-----|');
    });
  });

  test('should unsubscribe from everything, and abort', () => {
    marbles(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const signals: AbortSignal[] = [];
      const [source, stop$, pause$, preparing, projecting] = [
        cold('(abc)'),
        cold('-'),
        cold<boolean>('-'),
        cold('-'),
        cold('-'),
      ];
      const prepare = (value: string, signal: AbortSignal) => {
        signals.push(signal);
        return value === 'a' ? of(value) : preparing;
      };
      const result = source.pipe(mapAhead(prepare, () => projecting, { stop$, pause$ }));
      expectObservable(result, '^--!').toBe('---');
      flush();
      for (const one of [source, stop$, pause$, projecting])
        expectSubscriptions(one.subscriptions).toBe('^--!');
      expectSubscriptions(preparing.subscriptions).toBe(['^--!', '^--!']);
      expect(signals.map((signal) => signal.aborted)).toEqual([true, true, true]);
    });
  });

  test('should start anew for each subscriber', () => {
    marbles(({ cold, expectObservable }) => {
      const result = cold('(ab|)').pipe(mapAhead(atOnce, late(cold, '--(x|)')));
      expectObservable(result).toBe('--a-(b|)');
      expectObservable(result, '---^').toBe('-----a-(b|)');
    });
  });

  test('should not nest however many values come and go at once', async () => {
    const count = 20_000;
    const values = await lastValueFrom(range(0, count).pipe(mapAhead(atOnce, atOnce), toArray()));
    expect(values).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  test('should lose, double and reorder nothing, and stay within its bound, for any timing', () => {
    const ticks = fc.nat(5);
    const timings = fc.array(fc.tuple(ticks, ticks, ticks), { maxLength: 12 });
    const check = (times: [number, number, number][], ahead: number) =>
      marbles(({ cold, flush }) => {
        const wait = (length: number) => cold(`${'-'.repeat(length)}(x|)`);
        const values = times.map((_, i) => i);
        let [prepared, projected, running, most] = [0, 0, 0, 0];
        const seen: number[] = [];
        const prepare = (i: number) => {
          prepared += 1;
          most = Math.max(most, prepared - projected);
          return wait(times[i]?.[1] ?? 0).pipe(map(() => i));
        };
        const project = (i: number) => {
          running += 1;
          expect(running).toBe(1);
          return wait(times[i]?.[2] ?? 0).pipe(
            map(() => {
              running -= 1;
              projected += 1;
              return i;
            }),
          );
        };
        const source$ = from(values).pipe(
          mergeMap((i) => wait(times.slice(0, i + 1).reduce((sum, [t]) => sum + t, 0)).pipe(map(() => i))),
        );
        source$.pipe(mapAhead(prepare, project, { ahead })).subscribe((i) => seen.push(i));
        flush();
        expect(seen).toEqual(values);
        expect(most).toBeLessThanOrEqual(ahead + 1);
      });
    fc.assert(fc.property(timings, fc.integer({ min: 1, max: 4 }), check), { numRuns: 300 });
  });

  test('should refuse a bound at call time', () => {
    expect(() => mapAhead(atOnce, atOnce, { ahead: 0 })).toThrow(
      'mapAhead: ahead must be a positive integer, got 0',
    );
  });
});
