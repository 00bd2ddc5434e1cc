import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { map } from 'rxjs';
import { datasetOf } from '../../../src/data/datasetOf.js';
import type { DecodedImage } from '../../../src/data/decodedImage.js';
import { itemBatches } from '../../../src/streams/images/itemBatches.js';
import type { Recipe } from '../../../src/streams/images/recipe.js';
import { collect } from '../../support/collect.js';
import { marbles } from '../../support/marbles.js';

const dataset = datasetOf(100, (index, size) => {
  if (index % 10 === 3) throw new Error('broken');
  return new Uint8Array(size * size * 3).fill(index);
});
const listOf = (length: number) => ({ length, at: (index: number) => ({ name: String(index) }) });

describe('itemBatches', () => {
  test('should emit a recipe per batch at once', () => {
    marbles(({ expectObservable }) => {
      const images$ = itemBatches(listOf(5), { dataset, size: 2, batchSize: 2 });
      const images = (list: number) => ({ images: list, make: expect.any(Function) });
      expectObservable(images$).toBe('(ABC|)', { A: images(2), B: images(2), C: images(1) });
      expectObservable(itemBatches(listOf(0), { dataset, size: 2, batchSize: 2 })).toBe('|');
    });
  });

  test('should make every image once, in order, without the damaged ones', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 12 }),
        async (count, size) => {
          const warnings: string[] = [];
          const onWarning = (message: string) => warnings.push(message);
          const recipes = await collect(
            itemBatches(listOf(count), { dataset, size: 1, batchSize: size, onWarning }),
          );
          const made = [];
          for (const recipe of recipes) made.push(await recipe.make());
          const whole = Array.from({ length: count }, (_, i) => i).filter((i) => i % 10 !== 3);
          expect(made.flatMap((batch) => batch?.names ?? [])).toEqual(whole.map(String));
          expect(made.flatMap((batch) => [...(batch?.pixels ?? [])])).toEqual(
            whole.flatMap((i) => [i, i, i]),
          );
          expect(warnings).toHaveLength(count - whole.length);
        },
      ),
      { numRuns: 30 },
    ));

  test('should take the items of an order, and change their images', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: 40 })),
        fc.integer({ min: 1, max: 8 }),
        async (indexes, size) => {
          const change = map((recipe: Recipe<DecodedImage>) => ({
            ...recipe,
            make: async (signal?: AbortSignal) => {
              const image = await recipe.make(signal);
              return image && { ...image, pixels: image.pixels.map((value) => 255 - value) };
            },
            peek: () => null,
          }));
          const order = Uint32Array.from(indexes);
          const options = { dataset, size: 1, batchSize: size, order, change };
          const recipes = await collect(itemBatches(listOf(41), options));
          const made = await Promise.all(recipes.map((recipe) => recipe.make()));
          const whole = indexes.filter((i) => i % 10 !== 3);
          expect(recipes.reduce((sum, { images }) => sum + images, 0)).toBe(indexes.length);
          expect(made.flatMap((batch) => batch?.names ?? [])).toEqual(whole.map(String));
          expect(made.flatMap((batch) => [...(batch?.pixels ?? [])])).toEqual(
            whole.flatMap((i) => Array(3).fill(255 - i)),
          );
        },
      ),
      { numRuns: 30 },
    ));

  test('should look up items when they are needed, and stop at an abort', async () => {
    const asked: number[] = [];
    const items = {
      length: 1_000_000,
      at: (index: number) => {
        asked.push(index);
        return { name: String(index) };
      },
    };
    const [, second] = await collect(itemBatches(items, { dataset, size: 1, batchSize: 3 }));
    expect(asked).toEqual([]);
    expect((await second?.make())?.names).toEqual(['4', '5']);
    expect(asked).toEqual([3, 4, 5]);
    const abort = new AbortController();
    abort.abort(new Error('left'));
    await expect(second?.make(abort.signal)).rejects.toThrow('left');
  });
});
