import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { from, map } from 'rxjs';
import type { DecodedImage } from '../../../src/data/decodedImage.js';
import { batch, toBatch } from '../../../src/streams/images/batch.js';
import type { Recipe } from '../../../src/streams/images/recipe.js';
import { collect } from '../../support/collect.js';
import { marbles } from '../../support/marbles.js';
import { greys, imageOf, recipeOf } from '../../support/recipes.js';

const one = recipeOf(imageOf('a', 1));
const batchesOf = (recipes: readonly Recipe<DecodedImage>[], size: number) =>
  collect(from(recipes).pipe(batch(size)));

describe('batch', () => {
  test.each([
    ['never', '  -------', '-------', '^------'],
    ['empty', '  ---|   ', '---|', '   ^--!'],
    ['one', '    -a-|   ', '---(1|)', '^--!'],
    ['two', '    -aa|   ', '--2|', '   ^--!'],
    ['many', '   aaaaa--|', '-2-2---(1|)', '^------!'],
    ['error', '  aaa#   ', '-2-#', '   ^--!'],
    ['endless', 'a-aa-a-', '--2--2-', '^------'],
  ])('should cope with %s', (_, given, expected, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(given.trim(), { a: one });
      const sizes = source.pipe(
        batch(2),
        map(({ images }) => images),
      );
      expectObservable(sizes).toBe(expected, { 1: 1, 2: 2 });
      expectSubscriptions(source.subscriptions).toBe(subs.trim());
    });
  });

  test('should unsubscribe', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('aaa--', { a: one });
      const sizes = source.pipe(
        batch(2),
        map(({ images }) => images),
      );
      expectObservable(sizes, '^--!').toBe('-2-', { 2: 2 });
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
  });

  test('should keep every image, in order', async () => {
    const check = async (values: (number | null)[], size: number) => {
      const recipes = values.map((value, i) => recipeOf(value === null ? null : imageOf(`${i}`, value)));
      const batches = await batchesOf(recipes, size);
      expect(batches.map((made) => made.images).reduce((a, b) => a + b, 0)).toBe(values.length);
      const made = await Promise.all(batches.map((recipe) => recipe.make()));
      expect(made.flatMap((images) => (images ? greys(images) : []))).toEqual(
        values.filter((value) => value !== null),
      );
    };
    const values = fc.array(fc.option(fc.nat(255)), { maxLength: 20 });
    await fc.assert(fc.asyncProperty(values, fc.integer({ min: 1, max: 6 }), check));
  });

  test('should make nothing before it is asked to, then all at the same time, with the signal', async () => {
    const resolvers: ((image: DecodedImage) => void)[] = [];
    const make = jest.fn(
      (_: AbortSignal | undefined) => new Promise<DecodedImage>((resolve) => resolvers.push(resolve)),
    );
    const [recipe] = await batchesOf([1, 2, 3].map(() => ({ images: 1, make })) as Recipe<DecodedImage>[], 3);
    expect(make).not.toHaveBeenCalled();
    const { signal } = new AbortController();
    const made = recipe!.make(signal);
    expect(make.mock.calls).toEqual([[signal], [signal], [signal]]);
    // The last to be ready is not the last in the batch.
    for (const [i, resolve] of [...resolvers.entries()].reverse()) resolve(imageOf(`${i}`, i));
    expect(greys((await made)!)).toEqual([0, 1, 2]);
  });

  test('should take what is kept, and make only what is not', async () => {
    const keeping = (image: DecodedImage | null) => ({ ...recipeOf(imageOf('a', 9)), peek: () => image });
    const make = jest.fn(one.make);
    const recipes = [
      keeping(imageOf('b', 2)),
      keeping(imageOf('c', 3)),
      keeping(imageOf('d', 4)),
      { images: 1, make },
    ];
    const [all, some, none] = await batchesOf([...recipes, keeping(null), recipeOf(null)], 2);
    expect(greys((await all!.make())!)).toEqual([2, 3]);
    const { signal } = new AbortController();
    expect(greys((await some!.make(signal))!)).toEqual([4, 1]);
    expect(make.mock.calls).toEqual([[signal]]);
    expect(greys((await none!.make())!)).toEqual([9]);
    await expect(all!.make(AbortSignal.abort())).rejects.toThrow(/abort/);
  });

  test('should make a smaller batch of damaged images, and null of none', async () => {
    const [smaller, none] = await batchesOf([recipeOf(null), one, recipeOf(null), recipeOf(null)], 2);
    expect(await smaller!.make()).toEqual({
      pixels: Uint8Array.of(1, 1, 1),
      shape: [1, 1, 1, 3],
      names: ['a'],
    });
    expect(await none!.make()).toBeNull();
    expect([smaller!.images, none!.images]).toEqual([2, 2]);
  });

  test('should fail make where an image fails or has another size', async () => {
    const failing: Recipe<DecodedImage> = { images: 1, make: () => Promise.reject(new Error('no')) };
    const [failed] = await batchesOf([one, failing], 2);
    await expect(failed!.make()).rejects.toThrow('no');
    const [mixed] = await batchesOf([one, recipeOf(imageOf('b', 1, 2, 3, 4))], 2);
    await expect(mixed!.make()).rejects.toThrow('batch: expected images of size 1, got b of 2');
  });

  test.each([0, -1, 1.5, Number.NaN])('should refuse a size of %d at call time', (size) => {
    expect(() => batch(size)).toThrow(`batch: size must be a positive integer, got ${size}`);
  });
});

test('toBatch should put pixel behind pixel, and null for nothing', () => {
  const images = [imageOf('a', 1, 2, 3, 4), imageOf('b', 5, 6, 7, 8)];
  const result = toBatch(images);
  expect(greys(result!)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(result!.shape).toEqual([2, 2, 2, 3]);
  expect(toBatch([])).toBeNull();
});

describe('a batch of grey images', () => {
  const grey = (name: string, ...values: number[]): DecodedImage => ({
    name,
    size: Math.sqrt(values.length),
    pixels: Uint8Array.from(values),
  });

  test('should have one channel', () => {
    expect(toBatch([grey('a', 1, 2, 3, 4), grey('b', 5, 6, 7, 8)])).toEqual({
      pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      shape: [2, 2, 2, 1],
      names: ['a', 'b'],
    });
    // one pixel is grey if it has one value
    expect(toBatch([grey('a', 7)])?.shape).toEqual([1, 1, 1, 1]);
  });

  test('should not be mixed with colour', () => {
    expect(() => toBatch([imageOf('a', 1, 2, 3, 4), grey('b', 1, 2, 3, 4)])).toThrow(
      'batch: expected 12 values per image (2 x 2 x 3), got 4 of b',
    );
  });
});
