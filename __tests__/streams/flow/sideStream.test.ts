import { describe, expect, test } from '@jest/globals';
import { concatMap, EMPTY, map, NEVER, type Observable, of, take, timer, VirtualTimeScheduler } from 'rxjs';
import { sideStream } from '../../../src/streams/flow/sideStream.js';
import { collect } from '../../support/collect.js';
import { marbles } from '../../support/marbles.js';

const warned = (what: string) => ({ type: 'warning', about: 'side', message: `side: ${what}` });
const givenUp = (seconds: number) => warned(`still busy ${seconds} s after its source ended; abandoned`);
const upper = (shared: Observable<string>) => shared.pipe(map((value) => value.toUpperCase()));
const failing = (shared: Observable<string>) =>
  shared.pipe(
    map((value) => {
      if (value === 'b') throw new Error('no');
      return value.toUpperCase();
    }),
  );
const throwing = (): Observable<string> => {
  throw 'no';
};

describe('sideStream', () => {
  test('should merge in what it gives, behind the value that caused it', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' a---b---c---|');
      const subs = '        ^-----------!';
      const expected = '    (aA)(bB)(cC)|';
      expectObservable(source.pipe(sideStream('side', upper))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  test.each([
    ['never', '   ---------', '---------'],
    ['empty', '   --|      ', '--|'],
    ['one', '     --a----|', '--(aA)-|'],
    ['error', '   a---#    ', '(aA)#'],
    ['endless', ' a---b----', '(aA)(bB)-'],
  ])('should cope with %s', (_, given, expected) => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold(given.trim()).pipe(sideStream('side', upper))).toBe(expected);
    });
  });

  test('should turn an error into one warning and go on', () => {
    marbles(({ cold, expectObservable }) => {
      const values = { a: 'a', b: 'b', c: 'c', A: 'A', W: warned('no') };
      const source = cold<string>('a---b---c--|');
      const expected = '           (aA)(bW)c--|';
      expectObservable(source.pipe(sideStream('side', failing))).toBe(expected, values);
    });
  });

  test('should turn what it throws at its beginning into one warning and go on', () => {
    marbles(({ cold, expectObservable }) => {
      const values = { a: 'a', b: 'b', W: warned('no') };
      const source = cold<string>('-a-b|');
      const expected = '           Wa-b|';
      expectObservable(source.pipe(sideStream('side', throwing))).toBe(expected, values);
    });
  });

  test('should wait for what ends after its source, and go on without what ended before', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const late = cold('----x|');
      expectObservable(cold('a-|').pipe(sideStream('side', () => late))).toBe('a---x|');
      expectSubscriptions(late.subscriptions).toBe('^----!');
      expectObservable(cold('a-b-|').pipe(sideStream('side', () => EMPTY))).toBe('a-b-|');
      const first = (shared: Observable<string>) => upper(shared).pipe(take(1));
      expectObservable(cold('a---b-|').pipe(sideStream('side', first))).toBe('(aA)b-|');
    });
  });

  test('should unsubscribe from what does not end, with a warning, when the patience is spent', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<string>('a--|           ');
      const hanging = cold<string>('-x-------y----');
      const subs = '               ^-------!      ';
      const expected = '           ax------(W|)   ';
      const result = source.pipe(sideStream('side', () => hanging, { patience: 5 }));
      expectObservable(result).toBe(expected, { a: 'a', x: 'x', W: givenUp(0.005) });
      expectSubscriptions(hanging.subscriptions).toBe(subs);
    });
  });

  test('should begin to lose its patience when the source has ended, not before', () => {
    marbles(({ cold, expectObservable }) => {
      const late = cold('              -------------x|');
      const result = cold('            a---------|').pipe(sideStream('side', () => late, { patience: 5 }));
      expectObservable(result).toBe('  a------------x|');
    });
  });

  test('should have 30 seconds of patience when nothing is said', () => {
    marbles(({ cold, expectObservable }) => {
      const values = { a: 'a', W: givenUp(30) };
      expectObservable(cold<string>('a|').pipe(sideStream('side', () => NEVER))).toBe('a 30s (W|)', values);
    });
  });

  test.each([Number.POSITIVE_INFINITY, 2 ** 31])('should wait for ever with a patience of %d', (patience) => {
    marbles(({ cold, expectObservable }) => {
      const late = () => cold('90m (x|)');
      expectObservable(cold('a|').pipe(sideStream('side', late, { patience }))).toBe('a 5399999ms (x|)');
    });
  });

  test('should not be impatient at once where a timer cannot hold its patience', async () => {
    const late = () => timer(30).pipe(map(() => 'x'));
    const events$ = of('a').pipe(sideStream('side', late, { patience: 2 ** 31 }));
    expect(await collect(events$)).toEqual(['a', 'x']);
  });

  test('should take the time from the scheduler that it is given', () => {
    const scheduler = new VirtualTimeScheduler();
    const events: unknown[] = [];
    const side = sideStream('side', () => NEVER, { patience: 1e9, scheduler });
    of('a')
      .pipe(side)
      .subscribe((event) => events.push(event));
    expect(events).toEqual(['a']);
    scheduler.flush();
    expect(events).toEqual(['a', givenUp(1e6)]);
  });

  test('should pass an error of the source and stop the side stream with it', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const side = cold('-x--------');
      expectObservable(cold('a-#').pipe(sideStream('side', () => side))).toBe('ax#');
      expectSubscriptions(side.subscriptions).toBe('^-!');
    });
  });

  test('should unsubscribe from both, also while it is patient', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const [source, side] = [cold('a-b|'), cold('--------')];
      expectObservable(source.pipe(sideStream('side', () => side)), '^----!').toBe('a-b---');
      expectSubscriptions(source.subscriptions).toBe('^--!');
      expectSubscriptions(side.subscriptions).toBe('^----!');
    });
  });

  test('should subscribe to the source once, and give each subscriber a side stream of its own', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a---|');
      const result = source.pipe(sideStream('side', upper));
      expectObservable(result).toBe('(aA)|');
      expectObservable(result, '--^').toBe('--(aA)|');
      expectSubscriptions(source.subscriptions).toBe(['^---!', '--^---!']);
    });
  });

  test('should survive a promise that is rejected', async () => {
    const side = (shared: Observable<number>) =>
      shared.pipe(
        concatMap(async (n) => {
          if (n === 2) throw new Error('no');
          return -n;
        }),
      );
    const events = await collect(of(1, 2, 3).pipe(sideStream('side', side)));
    expect(events).toEqual([1, 2, 3, -1, warned('no')]);
  });

  test.each([0, -1, Number.NaN])('should refuse a patience of %d at call time', (patience) => {
    expect(() => sideStream('side', () => EMPTY, { patience })).toThrow(`got ${patience}`);
    expect(() => sideStream('side', () => EMPTY, { patience })).toThrow(RangeError);
  });
});
