import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { datasetOf } from '../../../src/data/datasetOf.js';
import { itemBatches } from '../../../src/streams/images/itemBatches.js';
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
