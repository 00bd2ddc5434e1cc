import { describe, expect, test } from '@jest/globals';
import type { Dataset, DatasetItem } from '../../src/data/dataset.js';
import { DatasetError } from '../../src/data/datasetError.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { itemsOf } from '../../src/data/itemsOf.js';
import { listItems } from '../../src/data/listItems.js';

const { signal } = new AbortController();
const listed = (items: () => unknown, by = signal) => {
  const warnings: string[] = [];
  const dataset = { name: 'own', items, decode: () => new Uint8Array(3) } as unknown as Dataset;
  return listItems(dataset, { signal: by, onWarning: (message) => warnings.push(message) });
};

describe('listItems', () => {
  test('should take arrays, and lists that make an item when it is asked for', async () => {
    expect(await listed(() => [{ name: 'a' }, { name: 'b', version: '1' }])).toHaveLength(2);
    const items = await listItems(
      datasetOf(3, () => new Uint8Array(3)),
      { signal, onWarning: () => undefined },
    );
    expect([...itemsOf(items)].map(({ name }) => name)).toEqual(['0', '1', '2']);
  });

  test('should pass warnings on', async () => {
    const warnings: string[] = [];
    const dataset: Dataset = {
      name: 'own',
      items: (_, warn) => {
        warn('own: left out 2 rows without a picture');
        return [{ name: 'a' }];
      },
      decode: () => new Uint8Array(3),
    };
    await listItems(dataset, { signal, onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual(['own: left out 2 rows without a picture']);
  });

  const list = 'own: items() must return a list with `length` and `at`, such as an array, got';
  const item = 'must have a name, and a version that is a string, if any, got';
  test.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, `${list} nothing`],
    ['a generator', () => new Set([1]).values(), `${list} {}`],
    ['no images', () => [], 'own: has no images; items() returned an empty list'],
    ['a list that lies', () => ({ length: 2, at: () => undefined }), 'dataset: no item at index 0 of 2'],
    ['names', () => ['a'], `own: item 0 ${item} "a"`],
    ['an item without a name', () => [{ name: 'a' }, { id: 7 }], `own: item 1 ${item} {"id":7}`],
    ['a version that is a number', () => [{ name: 'a', version: 1 }], `own: item 0 ${item}`],
    [
      'two items of one name',
      () => [{ name: 'a' }, { name: 'b' }, { name: 'a' }],
      'own: "a" is the name of two items, the second at index 2; names must be unique',
    ],
    [
      'an error',
      () => {
        throw new Error('no connection');
      },
      'own: its items could not be listed (no connection)',
    ],
    ['a rejection', () => Promise.reject(new Error('no connection')), 'own: its items could not be listed'],
  ])('should refuse %s', async (_, items, message) => {
    await expect(listed(items)).rejects.toThrow(message);
    if (message.startsWith('own')) await expect(listed(items)).rejects.toBeInstanceOf(DatasetError);
  });

  test('should give up at an abort, even if the dataset hangs', async () => {
    const abort = new AbortController();
    const hanging = listed(() => new Promise<DatasetItem[]>(() => undefined), abort.signal);
    abort.abort(new Error('left'));
    await expect(hanging).rejects.toThrow('left');
    await expect(listed(() => [{ name: 'a' }], abort.signal)).rejects.toThrow('left');
  });
});

describe('datasetOf', () => {
  test('should decode by index, and refuse a count that is none', async () => {
    const dataset = datasetOf(200, (index, size) => new Uint8Array(3 * size * size).fill(index), {
      name: 'greys',
    });
    expect(dataset.name).toBe('greys');
    expect(await dataset.decode({ name: '7' }, 2, signal)).toEqual(new Uint8Array(12).fill(7));
    expect(() => datasetOf(0, () => new Uint8Array(3))).toThrow(
      'datasetOf: count must be a positive integer, got 0',
    );
  });
});
