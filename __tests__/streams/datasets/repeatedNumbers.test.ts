import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { repeatedNumbers } from '../../../src/streams/datasets/repeatedNumbers.js';

test('should find the numbers that occur more than once, and pass over zeros', () => {
  const numbers = BigUint64Array.from([5n, 0n, 7n, 5n, 9n, 0n, 7n, 5n, 2n ** 63n]);
  expect(repeatedNumbers(numbers, 10)).toEqual({
    groups: 2,
    surplus: 3,
    first: [
      [0, 3, 7],
      [2, 6],
    ],
  });
  expect(repeatedNumbers(numbers, 1)).toEqual({ groups: 2, surplus: 3, first: [[0]] });
  expect(repeatedNumbers(new BigUint64Array(0), 3)).toEqual({ groups: 0, surplus: 0, first: [] });
});

test('should agree with a map of all places', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(0n, 12n)), fc.integer({ min: 1, max: 5 }), (numbers, most) => {
      const places = new Map<bigint, number[]>();
      for (const [place, number] of numbers.entries()) {
        if (number > 0n) places.set(number, [...(places.get(number) ?? []), place]);
      }
      const repeated = [...places.values()].filter(({ length }) => length > 1);
      expect(repeatedNumbers(BigUint64Array.from(numbers), most)).toEqual({
        groups: repeated.length,
        surplus: repeated.reduce((sum, { length }) => sum + length - 1, 0),
        first: repeated.slice(0, most).map((group) => group.slice(0, most)),
      });
    }),
  );
});
