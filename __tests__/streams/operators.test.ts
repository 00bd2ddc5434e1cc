import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { from, lastValueFrom, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { batch } from '../../src/streams/batch.js';
import type { DecodedImage, Recipe } from '../../src/streams/recipe.js';
import { shuffle } from '../../src/streams/shuffle.js';
import { grid } from '../../src/streams/toGrid.js';

const scheduler = () => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));

describe('shuffle', () => {
  test.each([
    ['---------|', '---------|'],
    ['-a-------|', '---------(a|)'],
    ['-a--#     ', '----#'],
    ['----------', '----------'],
  ])('should turn %s into %s', (given, expected) => {
    scheduler().run(({ cold, expectObservable }) => {
      expectObservable(cold(given).pipe(shuffle(1, 2))).toBe(expected);
    });
  });

  test('should give a permutation that goes by seed and epoch', async () => {
    const of = (values: number[], seed: number, epoch: number) =>
      lastValueFrom(from(values).pipe(shuffle(seed, epoch), toArray()));
    const check = async (values: number[], seed: number, epoch: number) => {
      const first = await of(values, seed, epoch);
      expect(await of(values, seed, epoch)).toEqual(first);
      expect([...first].sort()).toEqual([...values].sort());
    };
    await fc.assert(fc.asyncProperty(fc.array(fc.nat()), fc.nat(), fc.nat(100), check), { numRuns: 50 });
    const numbers = Array.from({ length: 50 }, (_, i) => i);
    expect(await of(numbers, 1, 0)).not.toEqual(await of(numbers, 1, 1));
    expect(await of(numbers, 1, 0)).not.toEqual(await of(numbers, 2, 0));
  });
});

describe('batch', () => {
  const image = (name: string, value: number): DecodedImage => ({
    name,
    size: 1,
    pixels: Uint8Array.of(value, value, value),
  });
  const recipe = (made: DecodedImage | null): Recipe<DecodedImage> => ({ images: 1, make: async () => made });

  test('should keep every image, in order, and make none before it is asked to', async () => {
    const check = async (values: (number | null)[], size: number) => {
      const images = values.map((value, i) => recipe(value === null ? null : image(`${i}`, value)));
      const batches = await lastValueFrom(from(images).pipe(batch(size), toArray()));
      expect(batches.map((made) => made.images).reduce((a, b) => a + b, 0)).toBe(values.length);
      const made = await Promise.all(batches.map((one) => one.make()));
      const seen = made.flatMap((one) => (one ? [...one.pixels].filter((_, i) => i % 3 === 0) : []));
      expect(seen).toEqual(values.filter((value) => value !== null));
    };
    const values = fc.array(fc.option(fc.nat(255)), { maxLength: 20 });
    await fc.assert(fc.asyncProperty(values, fc.integer({ min: 1, max: 6 }), check));
  });

  test('should refuse a size at call time', () => {
    expect(() => batch(0)).toThrow('batch: expected a size that is a positive integer, got 0');
  });
});

test('grid should put images beside each other without gaps', () => {
  const pixels = Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3);
  const result = grid({ pixels, shape: [3, 1, 1, 3] });
  expect(result.shape).toEqual([1, 2, 2, 3]);
  expect([...result.pixels]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0, 0]);
});
