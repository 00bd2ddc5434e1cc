import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Dataset, DatasetItem } from '../../src/data/dataset.js';
import { datasetIdentity } from '../../src/data/datasetIdentity.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { folderDataset } from '../../src/data/folderDataset.js';
import { splitItems } from '../../src/data/heldOut.js';
import { imageCache } from '../../src/data/imageCache.js';
import { itemPixels } from '../../src/data/itemPixels.js';
import { itemAt, itemsOf } from '../../src/data/itemsOf.js';
import { originalOf, withCopies } from '../../src/data/joined/itemCopies.js';
import { joinDatasets } from '../../src/data/joined/joinDatasets.js';
import { partLabels } from '../../src/data/joined/partLabels.js';
import { listItems } from '../../src/data/listItems.js';
import { writePictures } from '../support/pictures.js';
import { readImages } from '../support/readImages.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const { signal } = new AbortController();
const list = (dataset: Dataset, warnings: string[] = []) =>
  listItems(dataset, { signal, onWarning: (message) => warnings.push(message) });
const namesIn = (items: Parameters<typeof itemsOf<DatasetItem>>[0]) =>
  [...itemsOf(items)].map(({ name }) => name);
const squares = (name: string, count: number, value = 0) =>
  datasetOf(count, (index, size) => new Uint8Array(3 * size * size).fill(value + index), { name });

describe('joinDatasets', () => {
  test('should have the images of all, under the names of their datasets', async () => {
    const joined = joinDatasets([squares('sets/one', 2, 10), { dataset: squares('sets/two', 1, 20) }]);
    expect(joined.name).toBe('sets/one + sets/two');
    const { colours } = await readImages(joined);
    expect(colours).toEqual({ 'one/0': [10, 10, 10], 'one/1': [11, 11, 11], 'two/0': [20, 20, 20] });
  });

  test('should take images again as `repeat` says, also those that repeat themselves', async () => {
    const items = [{ name: 'x', repeat: 2 }, { name: 'y' }];
    const own: Dataset = { ...squares('own', 2), items: () => items };
    const joined = joinDatasets([squares('one', 1), { dataset: own, repeat: 2 }]);
    const listed = await list(joined);
    expect(namesIn(listed)).toEqual(['one/0', 'own/x', 'own/y']);
    expect(namesIn(withCopies(listed))).toEqual([
      ...['one/0', 'own/x', 'own/x (2)', 'own/x (3)', 'own/x (4)', 'own/y', 'own/y (2)'],
    ]);
  });

  test('should decode a copy once, if there is a cache, from the item that its dataset knows', async () => {
    let decoded = 0;
    const one = datasetOf(1, (index, size) => {
      decoded += 1;
      return new Uint8Array(3 * size * size).fill(index + 7);
    });
    const joined = joinDatasets([{ dataset: joinDatasets([{ dataset: one, repeat: 2 }]), repeat: 2 }]);
    const items = withCopies(await list(joined));
    expect(namesIn(items)).toHaveLength(4);
    const cache = imageCache();
    for (const item of itemsOf(items)) {
      const pixels = await itemPixels(joined, item, { size: 1, channels: 3, cache });
      expect([...(pixels ?? [])]).toEqual([7, 7, 7]);
    }
    expect(decoded).toBe(1);
    await cache.close();
  });

  test('should hold out the same images whatever it is joined with, and no copy of one', async () => {
    const one = squares('one', 200);
    const alone = splitItems(await list(one), 0.2);
    const joined = joinDatasets([squares('zero', 50), { dataset: one, repeat: 3 }]);
    const { training, heldOut } = splitItems(await list(joined), 0.2);
    const ofOne = (items: typeof heldOut) =>
      namesIn(items).flatMap((name) => (name.startsWith('one/') ? [name.slice(4)] : []));
    expect(ofOne(heldOut)).toEqual(namesIn(alone.heldOut));
    const learned = namesIn(withCopies(training)).map((name) => name.replace(/ \(\d\)$/, ''));
    expect(namesIn(heldOut).filter((name) => learned.includes(name))).toEqual([]);
    expect(learned.filter((name) => name.startsWith('one/'))).toHaveLength(3 * alone.training.length);
  });

  test('should pass on what its datasets are, warn and report', async () => {
    await writePictures(inFolder('photos'), 2);
    await writeFile(inFolder('photos', 'x.bmp'), 'BM');
    let closed = 0;
    const close = () => {
      closed += 1;
    };
    const other: Dataset = { ...squares('other', 1), cached: false, close };
    const joined = joinDatasets([folderDataset(inFolder('photos')), other]);
    const warnings: string[] = [];
    const items = await list(joined, warnings);
    expect(warnings).toEqual([expect.stringContaining(`${inFolder('photos')}: left out 1 image (x.bmp)`)]);
    const first = itemAt(items, 0);
    expect(first).toMatchObject({ name: 'photos/00.png', path: inFolder('photos/00.png') });
    expect(await joined.currentVersion?.(first, signal)).toBe(first.version);
    expect([joined.cached, joined.stored]).toEqual([true, undefined]);
    expect(joinDatasets([folderDataset('a')]).stored).toBeDefined();
    await joined.close?.();
    expect(closed).toBe(1);
  });

  test('should notice a change of one of its datasets, and not of what is unknown', async () => {
    const withIdentity = (identity: string): Dataset => ({ ...squares('a', 2), identity: () => identity });
    const of = async (...parts: Dataset[]) => {
      const joined = joinDatasets(parts);
      return datasetIdentity(joined, await list(joined), signal);
    };
    const b = squares('b', 1);
    expect(await of(withIdentity('x'), b)).toBe(await of(withIdentity('x'), b));
    expect(await of(withIdentity('x'), b)).not.toBe(await of(withIdentity('y'), b));
    expect((await of(withIdentity('x'), b)).endsWith('/-')).toBe(true);
  });

  test('should refuse what cannot be joined', async () => {
    expect(() => joinDatasets([])).toThrow('joinDatasets: expected at least one dataset, got none');
    expect(() => joinDatasets(['photos' as never])).toThrow('joinDatasets: dataset must be a folder, or a');
    for (const repeat of [0, 0.5, -1, Number.NaN]) {
      const parts = [{ dataset: squares('b', 1), repeat }];
      expect(() => joinDatasets(parts)).toThrow('joinDatasets: repeat of b must be a positive integer, got');
    }
    await expect(list(joinDatasets([squares('a', 1), squares('a', 2)]))).rejects.toThrow(
      'a + a: two datasets have the name "a"; give each its own name, or one dataset once and repeat it',
    );
    await expect(list(joinDatasets([folderDataset(inFolder('none'))]))).rejects.toThrow(
      `${inFolder('none')}: folder does not exist`,
    );
    const wrong: Dataset = { ...squares('a', 1), items: () => [{ name: 'x', repeat: 0.5 }] };
    await expect(list(wrong)).rejects.toThrow('a: item 0 must be repeated a positive number of times');
  });
});

describe('withCopies', () => {
  test('should have every item as often as it says, in order, and nothing beyond', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (repeats) => {
        const items = repeats.map((repeat, i): DatasetItem => ({ name: String(i), repeat }));
        const copies = withCopies(items);
        const expected = items.flatMap((item) => Array.from({ length: item.repeat ?? 1 }, () => item));
        expect([...itemsOf(copies)].map(originalOf)).toEqual(expected);
        expect(new Set(namesIn(copies)).size).toBe(expected.length);
        expect(copies.at(copies.length)).toBeUndefined();
      }),
    ));

  test('should be the same list without repetition, and refuse too many', () => {
    const items = [{ name: 'a' }, { name: 'b', repeat: 1 }];
    expect(withCopies(items)).toBe(items);
    expect(() => withCopies([{ name: 'a', repeat: 2 ** 40 }])).toThrow('repeat them less often');
  });
});

test.each([
  [
    ['a/train', 'b'],
    ['train', 'b'],
  ],
  [
    ['a/train', 'b/train', 'c/other/'],
    ['a/train', 'b/train', 'other'],
  ],
  [
    ['x/a', 'a', '/a'],
    ['x/a', 'a', '/a'],
  ],
  [
    ['m.npz/x', 'C:\\pictures\\y'],
    ['x', 'y'],
  ],
  [
    ['a', 'a/'],
    ['a', 'a'],
  ],
])('the labels of %j should be %j', (names, labels) => {
  expect(partLabels(names)).toEqual(labels);
});
