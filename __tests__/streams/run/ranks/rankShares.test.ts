import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { partSizes } from '../../../../src/base/imageBatches.js';
import { rankShares } from '../../../../src/streams/run/ranks/rankShares.js';

describe('the shares of ranks', () => {
  test('should be of every part', () => {
    expect(rankShares(8, 2, { rank: 0, size: 3 })).toEqual([
      { first: 0, count: 1 },
      { first: 4, count: 1 },
    ]);
    expect(rankShares(8, 2, { rank: 2, size: 3 })).toEqual([
      { first: 2, count: 2 },
      { first: 6, count: 2 },
    ]);
    expect(rankShares(1, 4, { rank: 0, size: 3 })).toEqual([{ first: 0, count: 0 }]);
  });

  test('should have every place of a part once, lower ranks the earlier ones', () => {
    const small = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(small, small, fc.integer({ min: 1, max: 9 }), (images, parts, size) => {
        const all = Array.from({ length: size }, (_, rank) => rankShares(images, parts, { rank, size }));
        const places = partSizes(images, parts).map((_, part) =>
          all.flatMap((shares) => {
            const { first, count } = shares[part] as (typeof shares)[number];
            return Array.from({ length: count }, (_, i) => first + i);
          }),
        );
        expect(places.map(({ length }) => length)).toEqual(partSizes(images, parts));
        expect(places.flat()).toEqual(Array.from({ length: images }, (_, i) => i));
      }),
    );
  });
});
