import { writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { datasetAt } from '../../src/data/datasetAt.js';
import { unknownFileProblem } from '../../src/data/unknownFileProblem.js';
import { png } from '../support/pictures.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const again = 'download or copy it again, or save the images in one of these forms';

test.each([
  ['photos.tar.bz2', 'BZh91AY&SY\0\xff', '(bzip2)', 'compress it with gzip instead, or make a zip archive'],
  ['photos.tar.xz', '\xfd7zXZ\0', '(xz)', 'compress it with gzip instead, or make a zip archive'],
  ['photos.tar.zst', '\x28\xb5\x2f\xfd\0\x58', '(Zstandard)', 'compress it with gzip instead'],
  ['photos.rar', 'Rar!\x1a\0', '(RAR)', 'make a zip archive of the images instead'],
  ['text.zip', 'this is no archive', '', again],
  ['page.zip', '<!DOCTYPE html>', '(HTML)', again],
  ['bin.dat', '\x01\x02\0\x03', '', again],
])(
  '%s should be refused by its content, with a remedy that trains on nothing else',
  async (name, content, type, remedy) => {
    const path = inFolder(name);
    await writeFile(path, content, 'latin1');
    const read = datasetAt(path).then((dataset) =>
      dataset.items(new AbortController().signal, () => undefined),
    );
    const begin = `its content ${type}`.trim();
    const forms = 'zip, tar, tar.gz, IDX, NumPy, CIFAR, TFRecord, LMDB, Parquet, list of paths';
    await expect(read).rejects.toThrow(
      `${path}: ${begin} is none of the forms that are read (${forms}); ${remedy}`,
    );
  },
);

test('an empty file should be called empty', async () => {
  await writeFile(inFolder('zero.npy'), '');
  expect(await unknownFileProblem(inFolder('zero.npy'))).toBe('the file is empty; download or copy it again');
});

test('a file that is an image by its name or its content should have no problem, damaged or not', async () => {
  const image = await png(1, 2, 3);
  for (const [name, content] of [
    ['named.png', Buffer.from('no image')],
    ['photo.BMP', Buffer.alloc(0)],
    ['without-extension', image.subarray(0, 40)],
    ['picture.zip', image],
  ] as const) {
    await writeFile(inFolder(name), content);
    expect(await unknownFileProblem(inFolder(name))).toBeNull();
  }
});
