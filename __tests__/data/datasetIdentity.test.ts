import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { imagesOf } from '../../src/base/imagesOf.js';
import type { ItemList } from '../../src/data/dataset.js';
import { datasetChange, datasetIdentity } from '../../src/data/datasetIdentity.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { folderDataset } from '../../src/data/folderDataset.js';
import type { ImageFile } from '../../src/data/imageFile.js';
import { listImages } from '../../src/data/listImages.js';
import { writePictures } from '../support/pictures.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const { signal } = new AbortController();
const identityOf = (files: ItemList<ImageFile>) => datasetIdentity(folderDataset(inFolder()), files, signal);
const identity = async () => identityOf(await listImages(inFolder()));

describe('datasetIdentity', () => {
  test('should tell number, names, sizes and content apart', async () => {
    await writePictures(inFolder(), 5);
    const before = await identity();
    expect(imagesOf(before)).toBe(5);
    expect(datasetChange(before, await identity())).toBeNull();
    await writeFile(inFolder('a.svg'), '<svg a/>');
    const more = await identity();
    expect(datasetChange(before, more)).toEqual({ order: true, words: '5 images before, 6 now' });
    await writeFile(inFolder('a.svg'), '<svg b/>');
    const sameSize = await identity();
    expect(datasetChange(more, sameSize)).toEqual({
      order: false,
      words: 'the same names, but different content',
    });
    await writeFile(inFolder('a.svg'), '<svg/>');
    expect(datasetChange(sameSize, await identity())?.words).toBe('the same names, but different content');
    expect(datasetChange('x/5/s/c', 'y/5/s/c')).toEqual({ order: true, words: 'different names' });
  });

  test('should compare with what it knows of former versions, and not with what could not be read', async () => {
    await writePictures(inFolder(), 1);
    const now = await identity();
    const [order = ''] = now.split('/');
    expect(datasetChange(order, now)).toBeNull();
    expect(imagesOf(order)).toBeNull();
    expect(datasetChange('other', now)).toMatchObject({ order: true });
    const [file] = await listImages(inFolder());
    const away = await identityOf([{ ...file!, path: inFolder('away') }]);
    expect(away).toMatch(/\/-$/);
    expect(datasetChange(away, now)).toBeNull();
  });

  test('should be written as checkpoints of earlier versions have it', async () => {
    await writePictures(inFolder(), 3);
    const [file, ...others] = await listImages(inFolder());
    const files = [{ ...file!, bytes: 7 }, ...others.map((other) => ({ ...other, bytes: 8 }))];
    // Digests of `00.png\n01.png\n02.png\n` and of `7\n8\n8\n`.
    expect(await identityOf(files)).toMatch(/^82d745ba79072871\/3\/c6dc4c7857185b36\/[0-9a-f]{16}$/);
  });

  test('should take the versions of items, or what the dataset says, or only their names', async () => {
    const grey = () => new Uint8Array(3);
    const versions = (...all: (string | undefined)[]) =>
      all.map((version, i) => ({ name: `${i}`, ...(version !== undefined && { version }) }));
    const of = (items: ReturnType<typeof versions>, text?: string) =>
      datasetIdentity(text === undefined ? {} : { identity: () => text }, items, signal);
    const changed = async (before: Promise<string>, now: Promise<string>) =>
      datasetChange(await before, await now)?.words ?? null;
    const other = 'the same names, but different content';
    expect(await changed(of(versions('a', 'b')), of(versions('a', 'b')))).toBeNull();
    expect(await changed(of(versions('a', 'b')), of(versions('a', 'c')))).toBe(other);
    expect(await changed(of(versions('a', undefined)), of(versions('a', 'c')))).toBeNull();
    expect(await changed(of(versions('a'), 'x/y'), of(versions('b'), 'x/y'))).toBeNull();
    expect(await changed(of(versions('a'), 'x/y'), of(versions('a'), 'x/z'))).toBe(other);
    expect(await changed(of(versions('a'), 'x'.repeat(500)), of(versions('a'), 'x'.repeat(501)))).toBe(other);
    expect((await of(versions('a'), 'x'.repeat(500))).length).toBeLessThan(60);
    const list = await datasetOf(3, grey).items(signal, () => undefined);
    expect(await datasetIdentity(datasetOf(3, grey), list, signal)).toMatch(/^[0-9a-f]{16}\/3\/-$/);
    const failing = { identity: () => Promise.reject(new Error('no answer')) };
    expect(await datasetIdentity(failing, versions('a'), signal)).toMatch(/\/1\/-$/);
  });
});
