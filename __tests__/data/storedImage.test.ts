import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { datasetAt } from '../../src/data/datasetAt.js';
import { itemAt } from '../../src/data/itemsOf.js';
import type { StoredImage } from '../../src/data/storedImage.js';
import { useOwnCacheFolder } from '../support/ownCacheFolder.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useOwnCacheFolder(inFolder);
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** How the first image of a dataset is stored. */
async function firstOf(path: string): Promise<StoredImage | undefined> {
  const { signal } = new AbortController();
  const dataset = await datasetAt(path);
  const items = await dataset.items(signal, () => undefined);
  const stored = await dataset.stored?.(itemAt(items, 0), signal);
  await dataset.close?.();
  return stored;
}

const blue = { width: 7, height: 5, background: { r: 0, g: 0, b: 255, alpha: 0.5 } };
const colour = () => sharp({ create: { ...blue, channels: 3 } });
const transparent = () => sharp({ create: { ...blue, channels: 4 } });
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"><rect width="3" height="3"/></svg>';
const same = { width: 7, height: 5, channels: 3, alpha: false } as const;

test.each<[string, () => Promise<Buffer | string>, StoredImage]>([
  ['a.png', () => colour().png().toBuffer(), { format: 'png', ...same }],
  ['a.png', () => transparent().png().toBuffer(), { format: 'png', ...same, alpha: true }],
  ['a.png', () => colour().png({ palette: true }).toBuffer(), { format: 'png', ...same }],
  ['a.png', () => colour().toColourspace('b-w').png().toBuffer(), { format: 'png', ...same, channels: 1 }],
  ['a.png', () => colour().toColourspace('grey16').png().toBuffer(), { format: 'png', ...same, channels: 1 }],
  ['a.jpg', () => colour().jpeg().toBuffer(), { format: 'jpeg', ...same }],
  ['a.jpg', () => colour().toColourspace('cmyk').jpeg().toBuffer(), { format: 'jpeg', ...same }],
  [
    'a.jpg',
    () => colour().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    { format: 'jpeg', ...same, width: 5, height: 7 },
  ],
  ['a.jpg', () => colour().webp().toBuffer(), { format: 'webp', ...same }],
  ['a.avif', () => colour().avif().toBuffer(), { format: 'avif', ...same }],
  ['a.gif', () => colour().gif().toBuffer(), { format: 'gif', ...same, alpha: true }],
  ['a.tif', () => colour().tiff().toBuffer(), { format: 'tiff', ...same }],
  ['a.svg', async () => svg, { format: 'svg', ...same, alpha: true }],
])('%s %# should be described as it is stored', async (name, bytes, expected) => {
  await writeFile(inFolder(name), await bytes());
  expect(await firstOf(inFolder())).toEqual(expected);
});

test.each([
  ['archives/plain.zip', { format: 'png' }],
  ['archives/plain.tar.gz', { format: 'png' }],
  ['arrays/grey.npy', { format: 'uint8', channels: 1 }],
  ['arrays/colour.npy', { format: 'uint8', channels: 3 }],
  ['arrays/float16.npy', { format: 'float16' }],
  ['records/encoded.tfrecord', { format: 'png' }],
  ['records/stylegan.tfrecord', { format: 'uint8' }],
  ['records/raw.lmdb', { format: 'uint8', channels: 3 }],
])('images of %s should be described as they are stored', async (name, expected) => {
  const sizes = { width: expect.any(Number), height: expect.any(Number), alpha: false };
  expect(await firstOf(fixture(name))).toMatchObject({ ...sizes, ...expected });
});
