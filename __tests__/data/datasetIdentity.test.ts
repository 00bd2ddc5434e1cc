import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { datasetChange, datasetIdentity, imagesOf } from '../../src/data/datasetIdentity.js';
import { listImages } from '../../src/data/listImages.js';
import { writePictures } from '../support/pictures.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const identity = async () => datasetIdentity(await listImages(inFolder()));

describe('datasetIdentity', () => {
  test('should tell number, names, sizes and content apart', async () => {
    await writePictures(inFolder(), 5);
    const before = await identity();
    expect(imagesOf(before)).toBe(5);
    expect(datasetChange(before, await identity())).toBeNull();
    await writeFile(inFolder('a.svg'), '<svg a/>');
    const more = await identity();
    expect(datasetChange(before, more)).toEqual({ order: true, words: '5 images then, 6 now' });
    await writeFile(inFolder('a.svg'), '<svg b/>');
    const sameSize = await identity();
    expect(datasetChange(more, sameSize)).toEqual({
      order: false,
      words: 'the same names, but other content',
    });
    await writeFile(inFolder('a.svg'), '<svg/>');
    expect(datasetChange(sameSize, await identity())?.words).toBe('the same names, but other content');
    expect(datasetChange('x/5/s/c', 'y/5/s/c')).toEqual({ order: true, words: 'images of other names' });
  });

  test('should compare with what it knows of former versions, and not with what could not be read', async () => {
    await writePictures(inFolder(), 1);
    const now = await identity();
    const [order = ''] = now.split('/');
    expect(datasetChange(order, now)).toBeNull();
    expect(imagesOf(order)).toBeNull();
    expect(datasetChange('other', now)).toMatchObject({ order: true });
    const [file] = await listImages(inFolder());
    const away = await datasetIdentity([{ ...file!, path: inFolder('away') }]);
    expect(away).toMatch(/\/-$/);
    expect(datasetChange(away, now)).toBeNull();
  });
});
