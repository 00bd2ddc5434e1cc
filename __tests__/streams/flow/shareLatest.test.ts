import { describe, expect, test } from '@jest/globals';
import { defer, type Observable, range, Subject, Subscription, take } from 'rxjs';
import { shareLatest } from '../../../src/streams/flow/shareLatest.js';
import { marbles } from '../../support/marbles.js';

/** Marbles are single letters; here they stand for a key and a number. */
const values = { a: 'a1', A: 'a2', b: 'b1', B: 'b2', c: 'c1' };
const letter = (value: string) => value.charAt(0);

/** What has been seen so far, and how it ended. */
function seenBy<T>(stream: Observable<T>): (T | string)[] {
  const seen: (T | string)[] = [];
  stream.subscribe({
    next: (value) => seen.push(value),
    error: (error) => seen.push(`# ${error}`),
    complete: () => seen.push('|'),
  });
  return seen;
}

describe('shareLatest', () => {
  test('should give late subscribers the newest of each key, then all that follows', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' a--b----A----B--|     ', values);
      const subs = '        ^---------------!     ';
      const first = '       a--b----A----B--|     ';
      const second = '      ----(ab)A----B--|     ';
      const third = '       ---------(bA)B--|     ';
      const afterTheEnd = ' ------------------(AB|)';
      const shared = source.pipe(shareLatest(letter));
      expectObservable(shared).toBe(first, values);
      expectObservable(shared, '----^').toBe(second, values);
      expectObservable(shared, '---------^').toBe(third, values);
      expectObservable(shared, '------------------^').toBe(afterTheEnd, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  test.each([
    ['never', '  ---------', '----------', '----------'],
    ['empty', '  --|      ', '--|       ', '-----|    '],
    ['one', '    -a-|     ', '-a-|      ', '-----(a|) '],
    ['error', '  -a-#     ', '-a-#      ', '-----(a#) '],
    ['endless', '-a-A------', '-a-A------', '-----A----'],
  ])('should cope with %s', (_, given, first, late) => {
    marbles(({ cold, expectObservable }) => {
      const shared = cold(given.trim(), values).pipe(shareLatest(letter));
      expectObservable(shared).toBe(first.trim(), values);
      expectObservable(shared, '-----^').toBe(late.trim(), values);
    });
  });

  test('should go on when nobody listens, and begin nothing a second time', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a-b-A------|  ', values);
      const subs = '       ^----------!  ';
      const shared = source.pipe(shareLatest(letter));
      expectObservable(shared, '^--!').toBe('     a-b', values);
      expectObservable(shared, '------^').toBe('  ------(bA)-|', values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  test('should begin nothing before there is a subscriber, and a run of its own at every use', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a-|', values);
      const operator = shareLatest(letter);
      expectObservable(source.pipe(operator), '---^').toBe('---a-|', values);
      expectObservable(source.pipe(operator), '-----^').toBe('-----a-|', values);
      expectSubscriptions(source.subscriptions).toBe(['---^-!', '-----^-!']);
    });
  });

  test('should pass what keyOf throws, also to late subscribers, and stop the source', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a-b-c|', values);
      const throwing = (value: string) => {
        if (value === 'b1') throw 'error';
        return value;
      };
      const shared = source.pipe(shareLatest(throwing));
      expectObservable(shared).toBe('         a-#', values);
      expectObservable(shared, '---^').toBe(' ---(a#)', values);
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
  });

  test('should keep the newest of a synchronous source', () => {
    let subscriptions = 0;
    const source = defer(() => {
      subscriptions += 1;
      return range(0, 10);
    });
    const shared = source.pipe(shareLatest((n) => String(n % 3)));
    expect(seenBy(shared)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, '|']);
    expect(seenBy(shared)).toEqual([7, 8, 9, '|']);
    expect(subscriptions).toBe(1);
  });

  test('should stop greeting one who has had enough', () => {
    const shared = range(0, 10).pipe(shareLatest(String));
    expect(seenBy(shared.pipe(take(2)))).toEqual([0, 1, '|']);
    expect(seenBy(shared.pipe(take(3)))).toEqual([0, 1, 2, '|']);
  });

  test('should greet one who subscribes while another is told, without a gap or a double', () => {
    const source = new Subject<string>();
    const shared = source.pipe(shareLatest(letter));
    let inner: unknown[] = [];
    const sooner = seenBy(shared);
    shared.subscribe((value) => {
      if (value === 'b1') inner = seenBy(shared);
    });
    const later = seenBy(shared);
    for (const value of ['a1', 'b1', 'a2']) source.next(value);
    source.complete();
    expect(inner).toEqual(['a1', 'b1', 'a2', '|']);
    expect(sooner).toEqual(inner);
    expect(later).toEqual(inner);
  });

  test('should keep one order for all when a subscriber makes the source emit', () => {
    const source = new Subject<string>();
    const shared = source.pipe(shareLatest(letter));
    shared.subscribe((value) => {
      if (value === 'a1') {
        source.next('b1');
        source.complete();
      }
    });
    const other = seenBy(shared);
    source.next('a1');
    expect(other).toEqual(['a1', 'b1', '|']);
  });

  test('should give one who causes values while greeted the greeting first, then each of them', () => {
    const source = new Subject<string>();
    const shared = source.pipe(shareLatest(letter));
    const first = seenBy(shared);
    for (const value of ['a1', 'b1']) source.next(value);
    const seen: string[] = [];
    shared.subscribe((value) => {
      seen.push(value);
      if (value !== 'a1') return;
      for (const caused of ['b2', 'c1', 'b3']) source.next(caused);
    });
    expect(seen).toEqual(['a1', 'b1', 'b2', 'c1', 'b3']);
    expect(first).toEqual(['a1', 'b1', 'b2', 'c1', 'b3']);
  });

  test('should not tell one who has unsubscribed while told', () => {
    const source = new Subject<string>();
    const shared = source.pipe(shareLatest(letter));
    const subscription = new Subscription();
    const seen: string[] = [];
    shared.subscribe(() => subscription.unsubscribe());
    subscription.add(shared.subscribe((value) => seen.push(value)));
    source.next('a1');
    source.next('a2');
    expect(seen).toEqual([]);
  });
});
