/** LMDB databases and TFRecord files that Python wrote (fixtures/records/make.py). */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { DatasetItem, ItemList } from '../../src/data/dataset.js';
import { datasetAt } from '../../src/data/datasetAt.js';
import { useOwnCacheFolder } from '../support/ownCacheFolder.js';
import { readImages } from '../support/readImages.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useOwnCacheFolder(inFolder);
const { signal } = new AbortController();
const fixtures = fileURLToPath(new URL('fixtures/records/', import.meta.url));
const expected = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8')) as Record<
  string,
  Record<string, readonly number[]>
>;

const readFixture = async (name: string) => readImages(await datasetAt(`${fixtures}${name}`));

test.each([
  'encoded.lmdb',
  'encoded.lmdb/data.mdb',
  'raw.lmdb',
  'encoded.tfrecord',
  'encoded.tfrecord.gz',
  'stylegan.tfrecord',
])('all images of %s should be read, and again from the index that was kept', async (name) => {
  for (let run = 0; run < 2; run += 1) {
    const { colours, damaged, warnings } = await readFixture(name);
    expect(colours).toEqual(expected[name.replace('/data.mdb', '')]);
    expect([damaged, warnings]).toEqual([{}, []]);
  }
});

describe('damage', () => {
  test('values of a database that are no images should be skipped by themselves', async () => {
    const { colours, damaged } = await readFixture('bad.lmdb');
    expect(colours).toEqual(expected['bad.lmdb']);
    expect(damaged).toEqual({
      none: 'its content is not an image',
      pickle: 'a pickled object of Python, which cannot be read',
    });
  });

  test('records that are damaged or have no image should be skipped by themselves', async () => {
    const { colours, damaged } = await readFixture('bad.tfrecord');
    expect(colours).toEqual(expected['bad.tfrecord']);
    expect(damaged).toEqual({
      '00001': 'its check sum is wrong; the file is damaged',
      '00002':
        'it has no feature with an image (image/encoded, image, image_raw, ...), but label, note, text',
      '00003': 'it is no tf.train.Example',
    });
  });

  test.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['encoded.tfrecord', (bytes) => bytes.subarray(0, -200), ''],
    [
      'encoded.tfrecord',
      (bytes) => bytes.fill(0xff, 160, 172),
      'the record at byte 160 is damaged; copy or download it again',
    ],
    ['encoded.lmdb/data.mdb', (bytes) => bytes.subarray(0, 3 * 4096), 'copy or download the database again'],
    ['encoded.lmdb/data.mdb', (bytes) => bytes.fill(0, 2 * 4096), 'copy or download the database again'],
  ])('%s should be read or refused in one message', async (name, change, message) => {
    const path = inFolder('changed.lmdb');
    await mkdir(path);
    const file = name.endsWith('.mdb') ? `${path}/data.mdb` : inFolder('changed.tfrecord');
    await writeFile(file, change(readFileSync(`${fixtures}${name}`)));
    const dataset = await datasetAt(name.endsWith('.mdb') ? path : file);
    const read = readImages(dataset);
    if (message === '') {
      const { damaged } = await read;
      expect(Object.values(damaged)).toEqual(['the file ends within it']);
    } else {
      await expect(read).rejects.toThrow(message);
      await expect(read).rejects.toMatchObject({ name: 'DatasetError', dataset: dataset.name });
    }
  });

  test('a database with named tables only should be refused with what is read', async () => {
    const bytes = readFileSync(`${fixtures}encoded.lmdb/data.mdb`);
    for (let page = 2 * 4096; page < bytes.length; page += 4096) {
      const isLeaf = bytes.readUInt16LE(page + 10) === 0x02;
      const end = isLeaf ? bytes.readUInt16LE(page + 12) : 0;
      for (let place = 16; place < end; place += 2) {
        const flags = page + bytes.readUInt16LE(page + place) + 4;
        bytes.writeUInt16LE(bytes.readUInt16LE(flags) | 0x02, flags);
      }
    }
    await writeFile(inFolder('named.mdb'), bytes);
    await expect(readImages(await datasetAt(inFolder('named.mdb')))).rejects.toThrow(
      /named\.mdb: no images in its main table, which is the only one that is read, but \d+ named tables?; /,
    );
  });

  test('no change of a byte in the pages of a database should do more than lose images', async () => {
    const bytes = readFileSync(`${fixtures}encoded.lmdb/data.mdb`);
    for (let at = 0; at < bytes.length; at += 719) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 0xff;
      await writeFile(inFolder(`${at}.mdb`), changed);
      const dataset = await datasetAt(inFolder(`${at}.mdb`));
      const items = await Promise.resolve(dataset.items(signal, () => undefined)).catch(
        (error: unknown) => error,
      );
      if (items instanceof Error) expect(items).toHaveProperty('name', 'DatasetError');
      else expect((items as ItemList<DatasetItem>).length).toBeGreaterThan(0);
      await dataset.close?.();
    }
  });
});
