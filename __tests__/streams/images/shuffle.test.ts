import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { from } from 'rxjs';
import { shuffle } from '../../../src/streams/images/shuffle.js';
import { collect } from '../../support/collect.js';
import { marbles } from '../../support/marbles.js';

const numbers = Array.from({ length: 50 }, (_, i) => i);
const shuffled = (values: number[], seed: number, epoch: number) =>
  collect(from(values).pipe(shuffle(seed, epoch)));

describe('shuffle', () => {
  test.each([
    ['never', '   ----------', '----------', '^----------'],
    ['empty', '   ---------|', '---------|', '^--------!'],
    ['one', '     -a-------|', '---------(a|)', '^--------!'],
    ['equals', '  -a-a-a---|', '---------(aaa|)', '^--------!'],
    ['error', '   -a--#     ', '----#', '^---!'],
    ['endless', ' a-a-a-a-a-', '----------', '^----------'],
  ])('should cope with %s', (_, given, expected, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(given.trim());
      expectObservable(source.pipe(shuffle(1, 2))).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  test('should wait for the end and then give all at once', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold(' a--b--c--|');
      const expected = '    ---------(acb|)';
      expectObservable(source.pipe(shuffle(1, 0))).toBe(expected);
    });
  });

  test('should unsubscribe', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('ab----|');
      expectObservable(source.pipe(shuffle(1, 0)), '^--!').toBe('---');
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
  });

  test('should give a permutation that goes by seed and epoch', async () => {
    const check = async (values: number[], seed: number, epoch: number) => {
      const first = await shuffled(values, seed, epoch);
      expect(await shuffled(values, seed, epoch)).toEqual(first);
      expect([...first].sort()).toEqual([...values].sort());
    };
    await fc.assert(fc.asyncProperty(fc.array(fc.nat()), fc.nat(), fc.nat(100), check), { numRuns: 50 });
    expect(await shuffled(numbers, 1, 0)).not.toEqual(await shuffled(numbers, 1, 1));
    expect(await shuffled(numbers, 1, 0)).not.toEqual(await shuffled(numbers, 2, 0));
  });

  test('should bring every value to every place about as often', async () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 2400; epoch += 1) {
      const order = (await shuffled([0, 1, 2, 3], 7, epoch)).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // 100 expected of each; 50 are five standard deviations away.
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(50);
  });

  test('should leave a list that it was given as it was, and give each subscriber the same', async () => {
    const given = [...numbers];
    const shuffled$ = from(given).pipe(shuffle(1, 0));
    expect(await collect(shuffled$)).toEqual(await collect(shuffled$));
    expect(given).toEqual(numbers);
  });

  test('should refuse a seed or an epoch that makes no sense', () => {
    expect(() => shuffle(0.5, 0)).toThrow('shuffle: seed must be an integer, got 0.5');
    expect(() => shuffle(0, -1)).toThrow('shuffle: epoch must be an integer of at least 0, got -1');
  });
});
