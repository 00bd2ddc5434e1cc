/** Parquet files that pyarrow wrote (fixtures/parquet/make.py). */
import { readFileSync } from 'node:fs';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CompressionCodec } from 'hyparquet';
import { memorySource } from '../../src/data/bytes/byteSource.js';
import type { DatasetItem } from '../../src/data/dataset.js';
import { datasetAt } from '../../src/data/datasetAt.js';
import { decodedPixels } from '../../src/data/itemPixels.js';
import { itemAt, itemsOf } from '../../src/data/itemsOf.js';
import { decompressorOf } from '../../src/data/parquet/decompressed.js';
import { hybridNumbers } from '../../src/data/parquet/pageValues.js';
import { parquetImages } from '../../src/data/parquet/parquetImages.js';
import { openedSince, openFiles } from '../support/openFiles.js';
import { useOwnCacheFolder } from '../support/ownCacheFolder.js';
import { readImages } from '../support/readImages.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useOwnCacheFolder(inFolder);
const { signal } = new AbortController();
const fixtures = fileURLToPath(new URL('fixtures/parquet/', import.meta.url));
const expected = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8')) as Record<
  string,
  Record<string, readonly number[]>
>;

const readFixture = async (name: string) => readImages(await datasetAt(`${fixtures}${name}`));

test.each(Object.keys(expected).filter((name) => name !== 'gaps.parquet'))(
  'all images of %s should be read, and the file for them be gone afterwards',
  async (name) => {
    const start = openFiles();
    const { colours, damaged, warnings } = await readFixture(name);
    expect(colours).toEqual(expected[name]);
    expect([damaged, warnings]).toEqual([{}, []]);
    expect(openedSince(start)).toEqual([]);
    const left = await readdir(inFolder('.'), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
  },
);

test('any order of images should be read, several at once', async () => {
  const dataset = await datasetAt(`${fixtures}hub.parquet`);
  const items = await dataset.items(signal, () => undefined);
  const order = Array.from({ length: 75 }, (_, i) => (7 * i) % items.length);
  const images = await Promise.all(
    order.map((row) => decodedPixels(dataset, itemAt(items, row), { size: 3, channels: 3 })),
  );
  const names = order.map((row) => String(row).padStart(5, '0'));
  expect(images.map((pixels) => [...pixels.subarray(0, 3)])).toEqual(
    names.map((name) => expected['hub.parquet']?.[name]),
  );
  await dataset.close?.();
});

test('a folder of shards should be one dataset, without its images for testing', async () => {
  const { colours, warnings } = await readFixture('data');
  const names = [0, 1].flatMap((shard) =>
    [0, 1, 2, 3].map((row) => `train-0000${shard}-of-00002.parquet/0000${row}`),
  );
  expect(Object.keys(colours)).toEqual(names);
  expect(warnings).toEqual([expect.stringContaining('left out 1 file for testing or validation')]);
});

test('a folder that is called as a file should be read as well', async () => {
  await cp(`${fixtures}data`, inFolder('set.parquet'), { recursive: true });
  const dataset = await datasetAt(inFolder('set.parquet'));
  expect((await dataset.items(signal, () => undefined)).length).toBe(8);
  await dataset.close?.();
  const part = await datasetAt(inFolder('set.parquet/train-00000-of-00002.parquet'));
  expect((await part.items(signal, () => undefined)).length).toBe(4);
  await part.close?.();
});

describe('pages that claim to be large', () => {
  /** A page of ten rows, as its header describes it. */
  const pageOf = (size: number, rows: number, data: Buffer) => {
    const header = [
      [0x15, 0, 0x15, ...varint(2 * size), 0x15, ...varint(2 * data.length)],
      [0x2c, 0x15, ...varint(2 * rows), 0x15, 0, 0x15, 6, 0x15, 6, 0, 0],
    ];
    return Buffer.concat([Buffer.from('PAR1'), Buffer.from(header.flat()), data]);
  };

  test.each<[string, CompressionCodec, number, number, string]>([
    [
      'a page of 2 GiB',
      'SNAPPY',
      2 ** 31 - 1,
      10,
      'a page of it takes 2147483647 bytes, more than 1073741824',
    ],
    ['1 GiB of some bytes', 'SNAPPY', 2 ** 30, 10, 'its compressed data is damaged'],
    ['1 GiB without compression', 'UNCOMPRESSED', 2 ** 30, 10, 'its compressed data is damaged'],
    ['more rows than there are', 'UNCOMPRESSED', 20, 2 ** 30, 'its part of the file ends too early'],
    ['more values than there is room for', 'UNCOMPRESSED', 20, 10, 'a page of it is damaged'],
  ])('%s should not be allocated', async (_, codec, size, rows, message) => {
    const file = memorySource(pageOf(size, rows, Buffer.alloc(20, 0xff)));
    const part = { rows: 10, codec, begin: 4, end: file.size, size: 0 };
    const images = await parquetImages(file, { parts: [part], rows: 10, deepest: 0 });
    const reading = images.read(3);
    await expect(reading).rejects.toHaveProperty('name', 'DamagedImageError');
    await expect(reading).rejects.toThrow(message);
    await images.close();
  });
});

describe('damage', () => {
  test('rows without an image, or with something else, should be skipped by themselves', async () => {
    const { colours, damaged } = await readFixture('gaps.parquet');
    expect(colours).toEqual(expected['gaps.parquet']);
    expect(damaged).toEqual({
      '00001': 'its row has no image',
      '00003': 'its row has no image',
      '00006': 'its content is not an image',
    });
  });

  test('of several groups of rows, those that are not damaged should be read', async () => {
    const bytes = Buffer.from(readFileSync(`${fixtures}hub.parquet`));
    bytes.fill(0xff, 60, 200);
    await writeFile(inFolder('a.parquet'), bytes);
    const { colours, damaged } = await readImages(await datasetAt(inFolder('a.parquet')));
    expect(Object.keys(damaged)).toHaveLength(10);
    expect(new Set(Object.values(damaged))).toEqual(new Set(['its dictionary is damaged']));
    expect(Object.keys(colours)).toHaveLength(15);
  });

  test.each([
    [
      'bad_labels.parquet',
      'none of its columns (label, text) is of images: expected a column of bytes, or of a struct with bytes',
    ],
    [
      'bad_lists.parquet',
      'none of its columns (images, list, element) is of images: expected a column of bytes, or of a struct with bytes',
    ],
    ['bad_empty.parquet', 'it has no rows; give another file'],
    ['two.parquet', 'several of its columns are of bytes (front, back); put the name of one after the path'],
    ['two.parquet/side', 'there is no column of bytes with this name; there are front, back'],
  ])('%s should be refused in one message', async (name, message) => {
    await expect(readFixture(name)).rejects.toMatchObject({
      name: 'DatasetError',
      message: `${fixtures}${name}: ${message}`,
    });
  });

  test('a file that was cut off should be refused', async () => {
    await writeFile(inFolder('a.parquet'), readFileSync(`${fixtures}hub.parquet`).subarray(0, -10));
    await expect(readImages(await datasetAt(inFolder('a.parquet')))).rejects.toThrow(
      `${inFolder('a.parquet')}: it ends too early, or its description is damaged; copy or download it again`,
    );
  });

  test.each(['hub.parquet', 'plain_none.parquet', 'version2.parquet', 'differences_snappy.parquet'])(
    'no change of a byte of %s should do more than lose images',
    async (name) => {
      const bytes = readFileSync(`${fixtures}${name}`);
      for (let at = 4; at < bytes.length; at += 149) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ 0xff;
        await writeFile(inFolder('a.parquet'), changed);
        const dataset = await datasetAt(inFolder('a.parquet'));
        try {
          for (const item of itemsOf<DatasetItem>(await dataset.items(signal, () => undefined))) {
            await Promise.resolve(dataset.decode(item, 3, signal)).catch((error: unknown) =>
              expect(error).toHaveProperty('name', 'DamagedImageError'),
            );
          }
        } catch (error) {
          expect(error).toHaveProperty('name', 'DatasetError');
        }
        await dataset.close?.();
      }
    },
  );
});

test('a compression that needs a package should say how to install it', async () => {
  const missing = () => Promise.reject(new Error('Cannot find package'));
  await expect(decompressorOf('ZSTD', missing)).rejects.toThrow(
    'its compression ZSTD needs a package that is not installed; run "npm install hyparquet-compressors", ' +
      'or write it with compression="snappy"',
  );
  await expect(decompressorOf('LZO')).rejects.toThrow('its compression LZO cannot be read');
});

/** Numbers as runs of one number, and as groups of eight packed ones. */
function hybridOf(numbers: readonly number[], width: number): Buffer {
  const bytes: number[] = [];
  for (let at = 0; at < numbers.length; ) {
    const first = numbers[at] as number;
    let run = 1;
    while (numbers[at + run] === first) run += 1;
    if (run >= 4) {
      bytes.push(...varint(2 * run));
      for (let i = 0; i < Math.ceil(width / 8); i += 1) bytes.push(Math.floor(first / 2 ** (8 * i)) & 255);
      at += run;
      continue;
    }
    bytes.push(...varint(3));
    const bits = Array.from({ length: 8 }, (_, i) => numbers[at + i] ?? 0).flatMap((value) =>
      Array.from({ length: width }, (_, bit) => Math.floor(value / 2 ** bit) & 1),
    );
    for (let i = 0; i < bits.length; i += 8) {
      bytes.push(bits.slice(i, i + 8).reduce((sum, bit, j) => sum + bit * 2 ** j, 0));
    }
    at += 8;
  }
  return Buffer.from(bytes);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

test('any numbers should come back from runs and packed groups', () => {
  const anyNumbers = fc
    .integer({ min: 1, max: 32 })
    .chain((width) =>
      fc.tuple(
        fc.constant(width),
        fc.array(fc.tuple(fc.nat(2 ** Math.min(31, width) - 1), fc.integer({ min: 1, max: 12 }))),
      ),
    );
  fc.assert(
    fc.property(anyNumbers, ([width, runs]) => {
      const numbers = runs.flatMap(([value, count]) => new Array<number>(count).fill(value));
      expect([...hybridNumbers(hybridOf(numbers, width), width, numbers.length)]).toEqual(numbers);
    }),
  );
});

test.each([
  ['a run of more numbers than there are', [0xfe, 0xff, 0xff, 0xff, 0x0f, 1], [1, 1, 1, 1]],
  ['a run of none', [0, 1], null],
  ['a packed group that ends too early', [3], null],
  ['an endless length', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], null],
  ['nothing', [], null],
])('%s should neither take memory nor time', (_, bytes, numbers) => {
  const read = () => [...hybridNumbers(Uint8Array.from(bytes), 1, 4)];
  if (numbers) expect(read()).toEqual(numbers);
  else expect(read).toThrow('a page of it is damaged');
});

test('more than a few bytes can hold should not be allocated', async () => {
  const decompress = await decompressorOf('SNAPPY');
  await expect(decompress(Uint8Array.of(1, 2, 3), 2 ** 40)).rejects.toThrow('its compressed data is damaged');
});

test('bytes that are no Snappy should be damage, whatever they are', async () => {
  const decompress = await decompressorOf('SNAPPY');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(400), async (bytes, size) => {
      const output = await Promise.resolve(decompress(bytes, size)).catch((error: Error) => error.message);
      if (typeof output === 'string') expect(output).toBe('its compressed data is damaged');
      else expect(output).toHaveLength(size);
    }),
  );
});

test('a file without room for what it decompresses to should be refused, and leave nothing open', async () => {
  const start = openFiles();
  const hub = { rows: 10, codec: 'SNAPPY' as const, begin: 4, end: 4 };
  const huge = { rows: 10, deepest: 0, parts: [{ ...hub, size: 2 ** 60 }] };
  const opening = parquetImages(memorySource(Buffer.alloc(4)), huge);
  await expect(opening).rejects.toThrow(
    /^there is no room in .* for \d+ bytes that it decompresses to; free some/,
  );
  const small = await parquetImages(memorySource(Buffer.alloc(4)), { ...huge, parts: [{ ...hub, size: 9 }] });
  await small.close();
  expect(openedSince(start)).toEqual([]);
});
