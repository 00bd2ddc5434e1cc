/** Several files of many images as one dataset: archives that Python wrote (fixtures/shards/make.py), and patterns. */
import { readFileSync } from 'node:fs';
import { copyFile, cp, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DatasetItem } from '../../src/data/dataset.js';
import { datasetAt } from '../../src/data/datasetAt.js';
import { itemsOf } from '../../src/data/itemsOf.js';
import { isPattern, pathsOf } from '../../src/data/shards/shardPattern.js';
import { openedSince, openFiles } from '../support/openFiles.js';
import { useOwnCacheFolder } from '../support/ownCacheFolder.js';
import { readImages } from '../support/readImages.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useOwnCacheFolder(inFolder);
const { signal } = new AbortController();
const fixtures = fileURLToPath(new URL('fixtures/shards/', import.meta.url));
const cifar = fileURLToPath(new URL('fixtures/cifar/', import.meta.url));
const expected = JSON.parse(readFileSync(`${fixtures}expected.json`, 'utf8')) as Record<
  string,
  Record<string, readonly number[]>
>;

const readAt = async (path: string) => readImages(await datasetAt(path));

async function namesAt(path: string): Promise<string[]> {
  const dataset = await datasetAt(path);
  const items = await dataset.items(signal, () => undefined);
  const names = [...itemsOf<DatasetItem>(items)].map(({ name }) => name);
  await dataset.close?.();
  return names;
}

describe('samples of a WebDataset', () => {
  test.each([
    'samples',
    'samples/shard-{000000..000002}.tar',
    'samples/shard-00000{0,1,2}.tar',
    'samples/*.tar',
    'samples/shard-?0000?.tar',
  ])('%s should be read, one image of each, and again from the indexes that were kept', async (path) => {
    const start = openFiles();
    for (let run = 0; run < 2; run += 1) {
      const { colours, damaged, warnings } = await readAt(`${fixtures}${path}`);
      expect(colours).toEqual(expected.samples);
      expect(Object.keys(colours)).toEqual(Object.keys(expected.samples ?? {})); // in the order of the files
      expect(damaged).toEqual({});
      expect(warnings).toHaveLength(3);
      expect(warnings[0]).toBe(
        `${fixtures}samples/shard-000000.tar: left out 4 further images of samples (part/0000.mask.png, part/0000.webp, part/0001.mask.png, ...)`,
      );
    }
    expect(openedSince(start)).toEqual([]);
  });

  test('one of the files should be read by itself', async () => {
    const { colours } = await readAt(`${fixtures}samples/shard-000001.tar`);
    expect(Object.keys(colours)).toEqual(['part/0002.png', 'part/0003.png']);
  });
});

describe('a folder', () => {
  test('should be read without the files for testing and validation', async () => {
    const { colours, warnings } = await readAt(`${fixtures}splits`);
    expect(colours).toEqual(expected.splits);
    const names = 'test-00000-of-00001.zip, validation.zip';
    expect(warnings).toEqual([
      `${fixtures}splits: left out 2 files for testing or validation (${names}); give the path to read them`,
    ]);
  });

  test('that only has files for testing should be read with them', async () => {
    await copyFile(`${fixtures}splits/validation.zip`, inFolder('test.zip'));
    expect(await namesAt(inFolder('.'))).toEqual([
      'test.zip/a.png',
      'test.zip/cat.1.png',
      'test.zip/cat.2.png',
    ]);
  });

  test('with images should be one of images, and say which archives it leaves out', async () => {
    const { colours, warnings } = await readAt(`${fixtures}mixed`);
    expect(colours).toEqual(expected.mixed);
    expect(warnings).toEqual([
      `${fixtures}mixed: left out 1 file of many images, to be given by itself (old.zip)`,
    ]);
  });

  test('of folders with archives should be refused, with their names', async () => {
    await cp(`${fixtures}splits`, inFolder('set/data'), { recursive: true });
    await expect(readAt(inFolder('set'))).rejects.toThrow(
      /no images found .*; left out 4 files of many images, to be given by themselves \(data\/test-/,
    );
  });

  test('of links to files should be read, as the cache of a hub has them', async () => {
    await mkdir(inFolder('data'));
    await symlink(`${fixtures}splits/validation.zip`, inFolder('data/train-00000-of-00001.zip'));
    expect(await namesAt(inFolder('data'))).toHaveLength(3);
  });

  test.each([
    ['cifar-10-batches-bin', 8, 'test_batch.bin'],
    ['cifar-100-binary', 2, 'test.bin'],
  ])('%s should be read without its test images', async (name, count, left) => {
    const dataset = await datasetAt(`${cifar}${name}`);
    const warnings: string[] = [];
    const items = await dataset.items(signal, (message) => warnings.push(message));
    expect(items.length).toBe(count);
    expect(warnings).toEqual([
      `${cifar}${name}: left out 1 file for testing or validation (${left}); give the path to read it`,
    ]);
    await dataset.close?.();
  });

  test('of hostile archives should give its images, and no more than a few warnings', async () => {
    const { colours, warnings } = await readAt(`${fixtures}hostile`);
    expect(colours).toEqual(expected.hostile);
    expect(warnings).toHaveLength(4);
    expect(warnings[0]).toMatch(/hostile\/0.tar: left out 2 names that lead out of the archive/);
    expect(warnings[3]).toBe(
      `${fixtures}hostile: 2 more of its files have parts that are left out or missing`,
    );
  });
});

describe('one error that names the file', () => {
  test('for a file that is damaged, or something else', async () => {
    await cp(`${fixtures}splits`, inFolder('splits'), { recursive: true });
    const second = inFolder('splits/train-00001-of-00002.zip');
    await truncate(second, 100);
    await expect(readAt(inFolder('splits'))).rejects.toThrow(`${second}: the zip archive cannot be read`);
    await writeFile(second, '<!DOCTYPE html>\n<p>Too many requests\n');
    await expect(readAt(inFolder('splits'))).rejects.toMatchObject({
      name: 'DatasetError',
      message: `${second}: it is no file of many images that can be read; download it again, or move it elsewhere`,
    });
    await truncate(second, 0);
    await expect(readAt(inFolder('splits'))).rejects.toThrow(`${second}: the file is empty`);
  });

  test.each([
    ['shard-{000000..000004}.tar', /2 of its 5 files do not exist, the first is .*shard-000003.tar/],
    ['none-*.tar', /no file has such a name; correct the pattern/],
    ['none*/shard-*.tar', /no file has such a name; correct the pattern/],
    ['shard-{0..999999999999}.tar', /stands for more than 100000 files; correct its range/],
    [`{0..99999}-{0..99999}.tar`, /stands for more than 100000 files; correct its range/],
  ])('for the pattern %s', async (name, message) => {
    const pattern = `${fixtures}samples/${name}`;
    await expect(readAt(pattern)).rejects.toMatchObject({ name: 'DatasetError', dataset: pattern });
    await expect(readAt(pattern)).rejects.toThrow(message);
  });
});

test('a changed file should change the identity, a copy should not', async () => {
  const identity = async (path: string) => {
    const dataset = await datasetAt(path);
    const items = await dataset.items(signal, () => undefined);
    const text = await dataset.identity?.(items, signal);
    await dataset.close?.();
    return text;
  };
  await cp(`${fixtures}samples`, inFolder('copy'), { recursive: true });
  const before = await identity(`${fixtures}samples`);
  expect(await identity(inFolder('copy'))).toBe(before);
  await copyFile(inFolder('copy/shard-000001.tar'), inFolder('copy/shard-000002.tar'));
  expect(await identity(inFolder('copy'))).not.toBe(before);
});

test('compressed files should be read together', async () => {
  for (const i of [0, 1]) {
    const bytes = readFileSync(`${fixtures}samples/shard-00000${i}.tar`);
    await writeFile(inFolder(`${i}.tar.gz`), gzipSync(bytes));
  }
  expect(await namesAt(inFolder('.'))).toHaveLength(4);
});

describe('patterns', () => {
  test('ranges should keep their leading zeros, and may go down', async () => {
    expect(await pathsOf('a-{08..11}.tar')).toEqual(['08', '09', '10', '11'].map((i) => `a-${i}.tar`));
    expect(await pathsOf('{2..0}/{x,y}')).toEqual(['2/x', '2/y', '1/x', '1/y', '0/x', '0/y']);
    expect(await pathsOf('{a}b{c')).toEqual(['{a}b{c']);
    expect(await pathsOf('{a,a}')).toEqual(['a']);
  });

  test('a range should have every number from the first to the last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(200), fc.nat(200), async (a, b) => {
        const paths = await pathsOf(`{${a}..${b}}`);
        expect(paths).toHaveLength(Math.abs(a - b) + 1);
        expect([paths[0], paths.at(-1)]).toEqual([`${a}`, `${b}`.padStart(`${a}`.length, '0')]);
      }),
    );
  });

  test.each([
    ['a.tar', false],
    ['a{b}.tar', false],
    ['a*.tar', true],
    ['a?.tar', true],
    ['{0..1}.tar', true],
    ['{a,b}.tar', true],
  ])('%s is one: %s', (path, expectation) => {
    expect(isPattern(path)).toBe(expectation);
  });
});
