import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { folderList } from '../../src/data/folderList.js';
import { itemsOf } from '../../src/data/itemsOf.js';
import { listImages } from '../../src/data/listImages.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

/** Names whose folders sort before, between and after files of similar names. */
const names = [
  'a-1.png',
  'a.png',
  'a/1.png',
  'a/b.png',
  'a/b/2.png',
  'a/b0.png',
  'a0.png',
  'ä/ö.png',
  'é.png',
];

async function write(): Promise<void> {
  for (const [i, name] of names.entries()) {
    await mkdir(dirname(inFolder('data', name)), { recursive: true });
    await writeFile(inFolder('data', name), 'x'.repeat(i));
  }
}

const inByteOrder = (some: readonly string[]) =>
  [...some].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

test('folderList should have all images in byte order of their names, with their sizes', async () => {
  await write();
  const files = [...itemsOf(await folderList(inFolder('data')))];
  expect(files.map(({ name }) => name)).toEqual(inByteOrder(names));
  for (const { name, path, bytes, modified, version } of files) {
    expect(path).toBe(join(inFolder('data'), name));
    expect(bytes).toBe(names.indexOf(name));
    expect(version).toBe(`${bytes}/${modified}`);
  }
  expect(await listImages(inFolder('data'))).toEqual(files);
});

test('folderList should have no image beyond its length', async () => {
  await write();
  const list = await folderList(inFolder('data'));
  expect([-1, list.length, 0.5].map((index) => list.at(index))).toEqual([undefined, undefined, undefined]);
});

test('folderList should read more entries than the system gives at a time', async () => {
  await mkdir(inFolder('many'));
  const many = Array.from({ length: 1100 }, (_, i) => `${i}.png`);
  await Promise.all(many.map((name) => writeFile(inFolder('many', name), '')));
  const files = [...itemsOf(await folderList(inFolder('many')))];
  expect(files.map(({ name }) => name)).toEqual([...many].sort());
});
