/** Binary files as those of CIFAR, which NumPy wrote (fixtures/cifar/make.py). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import type { Dataset, DatasetItem } from '../../src/data/dataset.js';
import { datasetAt } from '../../src/data/datasetAt.js';
import { decodedPixels } from '../../src/data/itemPixels.js';
import { itemsOf } from '../../src/data/itemsOf.js';
import { useOwnCacheFolder } from '../support/ownCacheFolder.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useOwnCacheFolder(inFolder);
const { signal } = new AbortController();
const fixtures = fileURLToPath(new URL('fixtures/cifar/', import.meta.url));
const expected = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8')) as Record<
  string,
  Record<string, string>
>;

/** A digest of each image, by its name. */
async function digests(dataset: Dataset): Promise<Record<string, string>> {
  const images: Record<string, string> = {};
  for (const item of itemsOf<DatasetItem>(await dataset.items(signal, () => undefined))) {
    const pixels = await decodedPixels(dataset, item, { size: 32, channels: 3 });
    images[item.name] = createHash('sha256').update(pixels).digest('hex').slice(0, 16);
  }
  await dataset.close?.();
  return images;
}

test.each(Object.keys(expected))('%s should be read exactly', async (name) => {
  expect(await digests(await datasetAt(`${fixtures}${name}`))).toEqual(expected[name]);
});

const records = (labels: readonly number[], count: number) =>
  Buffer.concat(Array.from({ length: count }, () => Buffer.from([...labels, ...Buffer.alloc(3072, 70)])));

test('a file that begins as one of IDX should be known by its size and labels', async () => {
  const record = records([0], 1);
  record.set([0, 0, 8, 3, 0, 0, 0, 1], 0);
  await writeFile(inFolder('data_batch_5.bin'), record);
  expect(Object.keys(await digests(await datasetAt(inFolder('data_batch_5.bin'))))).toEqual(['00000']);
});

test.each([
  ['other.bin', records([3], 2).subarray(0, -5), '6141 bytes'],
  ['other.bin', records([77], 2), 'other values than labels before the images'],
  ['other.bin', records([20, 3], 2), 'other values than labels before the images'],
  ['empty.bin', Buffer.alloc(0), '0 bytes'],
  ['data_batch_1', Buffer.from('\x80\x02}q\x01', 'latin1'), '5 bytes'],
])('%s of something else should be refused in one message (%#)', async (name, bytes, got) => {
  await writeFile(inFolder(name), bytes);
  const expectedRecords = 'expected records of CIFAR-10 or CIFAR-100, of 3073 or 3074 bytes';
  await expect(digests(await datasetAt(inFolder(name)))).rejects.toMatchObject({
    name: 'DatasetError',
    message: `${inFolder(name)}: ${expectedRecords}, got ${got}; download the binary version again`,
  });
});

test.each([
  ['both.bin', null],
  ['cifar-10.bin', 3074],
  ['cifar-100.bin', 3073],
  ['cifar100/images.bin', 3073],
])('of a file that can be both, the name should decide: %s', async (name, count) => {
  await mkdir(inFolder('cifar100'), { recursive: true });
  await writeFile(inFolder(name), Buffer.alloc(3073 * 3074));
  const dataset = await datasetAt(inFolder(name));
  const items = Promise.resolve(dataset.items(signal, () => undefined));
  if (count !== null) await expect(items).resolves.toHaveProperty('length', count);
  else await expect(items).rejects.toThrow('it can be of CIFAR-10 or CIFAR-100; put the name of one');
});
