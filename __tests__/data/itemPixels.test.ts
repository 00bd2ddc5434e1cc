/** What is damaged is remembered until it changes; what could not be read is tried again. */
import { copyFile, mkdir, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fileVersion } from '../../src/data/fileVersion.js';
import { type ImageCache, imageCache } from '../../src/data/imageCache.js';
import type { ImageFile } from '../../src/data/imageFile.js';
import { imageFiles } from '../../src/data/imageFiles.js';
import { itemPixels, peekPixels, type SkippedImage } from '../../src/data/itemPixels.js';
import { png } from '../support/pictures.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
let cache: ImageCache;
beforeEach(() => {
  cache = imageCache({ folder: inFolder('.cache') });
});
afterEach(() => cache.close());

async function fileOf(name: string): Promise<ImageFile> {
  const { size: bytes, mtimeMs: modified } = await stat(inFolder(name));
  return { path: inFolder(name), name, version: fileVersion(bytes, modified), bytes, modified };
}
const colour = { size: 4, channels: 3 } as const;

async function pixels(file: ImageFile) {
  const skipped: SkippedImage[] = [];
  const found = await itemPixels(imageFiles(), file, {
    ...colour,
    cache,
    onSkipped: (one) => skipped.push(one),
  });
  return { found: found && [...found.subarray(0, 3)], skipped: skipped.map(({ why }) => why) };
}
const red = { found: [200, 0, 0], skipped: [] };

describe('the pixels of files', () => {
  test.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    [
      'is gone',
      () => rename(inFolder('a.png'), inFolder('b')),
      () => rename(inFolder('b'), inFolder('a.png')),
    ],
    [
      'is a folder',
      async () => {
        await rename(inFolder('a.png'), inFolder('b'));
        await mkdir(inFolder('a.png'));
      },
      async () => {
        await rm(inFolder('a.png'), { recursive: true });
        await rename(inFolder('b'), inFolder('a.png'));
      },
    ],
  ])('should try again what %s for a while, and tell it each time', async (_, takeAway, bringBack) => {
    await writeFile(inFolder('a.png'), await png(200, 0, 0));
    const file = await fileOf('a.png');
    await takeAway();
    for (let i = 0; i < 2; i += 1) expect(await pixels(file)).toEqual({ found: null, skipped: ['unread'] });
    await bringBack();
    expect(await pixels(file)).toEqual(red);
  });

  test('should remember what the decoder refuses, and tell it once', async () => {
    await writeFile(inFolder('a.png'), 'text');
    const file = await fileOf('a.png');
    expect(await pixels(file)).toEqual({ found: null, skipped: ['damaged'] });
    for (let i = 0; i < 2; i += 1) expect(await pixels(file)).toEqual({ found: null, skipped: [] });
  });

  test('should read what was damaged once it is another file', async () => {
    await writeFile(inFolder('a.png'), 'text');
    const file = await fileOf('a.png');
    expect((await pixels(file)).skipped).toEqual(['damaged']);
    await writeFile(inFolder('a.png'), await png(200, 0, 0));
    expect(await pixels(file)).toEqual(red);
    // Kept from then on.
    await rm(inFolder('a.png'));
    expect(await pixels(file)).toEqual(red);
  });

  test('should read what was still being written when the run began, and tell new damage once', async () => {
    const whole = await png(200, 0, 0, 60, 60);
    await writeFile(inFolder('a.png'), whole.subarray(0, 40));
    const file = await fileOf('a.png');
    await writeFile(inFolder('a.png'), whole.subarray(0, 50));
    expect((await pixels(file)).skipped).toEqual(['damaged']);
    expect((await pixels(file)).skipped).toEqual([]);
    await writeFile(inFolder('a.png'), whole);
    expect(await pixels(file)).toEqual(red);
  });

  test('should look again at a file that has changed since its version was looked up', async () => {
    await writeFile(inFolder('a.png'), 'text');
    const file = await fileOf('a.png');
    const skipped: string[] = [];
    const get = async (...asked: Parameters<ImageCache['get']>) => {
      await writeFile(inFolder('a.png'), 'other text');
      await utimes(inFolder('a.png'), 9, 9);
      return cache.get(...asked);
    };
    const onSkipped = ({ why }: { why: string }) => skipped.push(why);
    expect(
      await itemPixels(imageFiles(), file, { ...colour, cache: { ...cache, get }, onSkipped }),
    ).toBeNull();
    expect(skipped).toEqual(['damaged']);
  });

  test('should take no damage for lasting of a file that changes whenever it is decoded', async () => {
    const noise = Buffer.from(Array.from({ length: 4_000_000 }, (_, i) => (i * i * 31) % 251));
    await writeFile(inFolder('a.png'), noise);
    const file = await fileOf('a.png');
    let bytes = 1000;
    const reading = itemPixels(imageFiles(), file, {
      ...colour,
      cache: {
        ...cache,
        // Asked when its version is known and before it is read.
        get: async (asked, size) => {
          bytes -= 1;
          await truncate(inFolder('a.png'), bytes);
          return cache.get(asked, size);
        },
      },
      onSkipped: ({ why }) => expect(why).toBe('unread'),
    });
    expect(await reading).toBeNull();
    expect(await cache.get({ ...file, key: file.path }, 4)).toBeUndefined();
    expect.assertions(3);
  });

  test('should open a file by its bytes', async () => {
    const pathBytes = Buffer.concat([Buffer.from(inFolder('b')), Buffer.from([0xe9])]);
    await writeFile(inFolder('a.png'), await png(200, 0, 0));
    await copyFile(inFolder('a.png'), pathBytes);
    await utimes(pathBytes, 1, 1);
    const file = { ...(await fileOf('a.png')), path: inFolder('b\\xE9'), pathBytes };
    expect(await pixels(file)).toEqual(red);
    expect(
      peekPixels(imageFiles(), { ...file, pathBytes: Buffer.from('other') }, { ...colour, cache }),
    ).toBeNull();
  });
});
