import { describe, expect, test } from '@jest/globals';
import { grid } from '../../../src/base/grid.js';
import { toGrid } from '../../../src/streams/sampling/toGrid.js';
import { marbles } from '../../support/marbles.js';
import { greyBatch, greys } from '../../support/recipes.js';

const a = greyBatch(1, 1, 2, 3);
const b = greyBatch(1, 4);
const values = { a, b, A: grid(a), B: grid(b) };

describe('toGrid', () => {
  test.each([
    ['never', '  -----', '-----', '^----'],
    ['empty', '  --|  ', '--|  ', '^-!'],
    ['one', '    -a-|', '-A-|', ' ^--!'],
    ['many', '   a-b|', 'A-B|', ' ^--!'],
    ['error', '  a-#', ' A-#', '  ^-!'],
    ['endless', 'a-b-a', 'A-B-A', '^----'],
  ])('should give one picture per batch: %s', (_, given, expected, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(given.trim(), values);
      expectObservable(source.pipe(toGrid())).toBe(expected.trim(), values);
      expectSubscriptions(source.subscriptions).toBe(subs.trim());
    });
  });

  test('should unsubscribe', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a---b', values);
      expectObservable(source.pipe(toGrid()), '^-!').toBe('A--', values);
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
  });

  test('should put as many beside each other as it is told', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('a', { a }).pipe(toGrid({ columns: 3 }))).toBe('A', { A: grid(a, 3) });
    });
    expect(grid(a, 3).shape).toEqual([1, 1, 3, 3]);
    expect(grid(a, 1).shape).toEqual([1, 3, 1, 3]);
  });

  test.each([0, -1, 1.5, Number.NaN])('should refuse %d columns at call time', (columns) => {
    expect(() => toGrid({ columns })).toThrow(`toGrid: columns must be a positive integer, got ${columns}`);
  });
});

describe('grid', () => {
  test('should put images beside each other without gaps, and black where one is missing', () => {
    const result = grid(a);
    expect(result.shape).toEqual([1, 2, 2, 3]);
    expect(greys(result)).toEqual([1, 2, 3, 0]);
  });

  test('should keep rows, columns and channels of larger images', () => {
    const pixels = Uint8Array.from({ length: 2 * 2 * 3 * 3 }, (_, i) => i + 1);
    const result = grid({ pixels, shape: [2, 2, 3, 3] });
    expect(result.shape).toEqual([1, 2, 6, 3]);
    const line = (from: number) => [...pixels.subarray(from, from + 9)];
    expect([...result.pixels]).toEqual([...line(0), ...line(18), ...line(9), ...line(27)]);
  });

  test.each([
    [1, 1, 1],
    [2, 2, 1],
    [4, 2, 2],
    [5, 3, 2],
    [9, 3, 3],
    [10, 4, 3],
  ])('should make of %d images the smallest square that holds them', (count, across, down) => {
    expect(grid(greyBatch(1, ...new Array<number>(count).fill(7))).shape).toEqual([1, down, across, 3]);
  });

  test('should make an empty picture of no images', () => {
    expect(grid(greyBatch(2)).pixels).toHaveLength(0);
  });
});
