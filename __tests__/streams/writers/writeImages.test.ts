import { access, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { concat, EMPTY, from, NEVER, of, take, tap, throwError } from 'rxjs';
import sharp from 'sharp';
import type { ImageBatch } from '../../../src/base/plainData.js';
import { isOwnPicture } from '../../../src/data/ownPictures.js';
import { writeAnimation } from '../../../src/pictures/writeAnimation.js';
import { writeImage } from '../../../src/pictures/writeImage.js';
import { writeImages } from '../../../src/streams/writers/writeImages.js';
import { collect, pause } from '../../support/collect.js';
import { marbles } from '../../support/marbles.js';
import { greyBatch, greys } from '../../support/recipes.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const numbered = (i: number) => inFolder('new', `${i}.png`);
const pixelsOf = async (path: string) => greys({ pixels: await sharp(path).raw().toBuffer() });

describe('writeImages', () => {
  test.each([
    ['never', '-----', '-----', '^----'],
    ['empty', '--|  ', '--|  ', '^-!  '],
    ['error', '--#  ', '--#  ', '^-!  '],
  ])('should cope with %s', (_, given, expected, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<ImageBatch>(given.trim());
      expectObservable(source.pipe(writeImages(numbered))).toBe(expected.trim());
      expectSubscriptions(source.subscriptions).toBe(subs.trim());
    });
  });

  test('should number the images over all batches, make folders and write their pixels', async () => {
    const batches = from([greyBatch(2, 10, 20), greyBatch(2, 30)]);
    const paths = await collect(batches.pipe(writeImages(numbered)));
    expect(paths).toEqual([0, 1, 2].map(numbered));
    expect(await readdir(inFolder('new'))).toEqual(['0.png', '1.png', '2.png']);
    expect(await Promise.all(paths.map(pixelsOf))).toEqual([10, 20, 30].map((grey) => Array(4).fill(grey)));
  });

  test('should tell of an image when it is on disk, before the next is begun', async () => {
    const asked: number[] = [];
    const told: number[] = [];
    const path = (i: number) => {
      expect(told).toHaveLength(i);
      asked.push(i);
      return numbered(i);
    };
    const checked = tap(async (file: string) => {
      told.push(asked.length);
      await access(file);
    });
    await collect(of(greyBatch(1, 1, 2, 3)).pipe(writeImages(path), checked));
    expect(told).toEqual([1, 2, 3]);
  });

  test('should write one and the same file where the path is a text', async () => {
    const path = inFolder('last.png');
    const paths = await collect(from([greyBatch(1, 1, 2), greyBatch(1, 3)]).pipe(writeImages(path)));
    expect(paths).toEqual([path, path, path]);
    expect(await pixelsOf(path)).toEqual([3]);
  });

  test('should begin again at 0 for each subscriber, and pass over empty batches', async () => {
    const written = from([greyBatch(1), greyBatch(1, 5)]).pipe(writeImages(numbered));
    expect(await collect(written)).toEqual([numbered(0)]);
    expect(await collect(written)).toEqual([numbered(0)]);
  });

  test('should pass an error of the source behind the images before it', async () => {
    const failing = concat(
      of(greyBatch(1, 1)),
      throwError(() => new Error('no')),
    );
    const paths: string[] = [];
    const written = failing.pipe(
      writeImages(numbered),
      tap((path) => paths.push(path)),
    );
    await expect(collect(written)).rejects.toThrow('no');
    expect(paths).toEqual([numbered(0)]);
    expect(await readdir(dirname(numbered(0)))).toEqual([basename(numbered(0))]);
  });

  test('should pass an error of writing and of a path that throws, and write no more', async () => {
    await writeFile(inFolder('file'), '');
    const under = (i: number) => inFolder(i === 1 ? 'file' : 'new', `${i}.png`);
    await expect(collect(of(greyBatch(1, 1, 2, 3)).pipe(writeImages(under)))).rejects.toThrow(/file/);
    expect(await readdir(inFolder('new'))).toEqual(['0.png']);
    const throwing = (): never => {
      throw new Error('no');
    };
    await expect(collect(of(greyBatch(1, 1)).pipe(writeImages(throwing)))).rejects.toThrow('no');
  });

  test('should write no further image after an unsubscribe', async () => {
    const endless = concat(of(greyBatch(1, 1, 2, 3, 4)), NEVER);
    expect(await collect(endless.pipe(writeImages(numbered), take(1)))).toEqual([numbered(0)]);
    await pause(30);
    expect(await readdir(inFolder('new'))).toEqual(['0.png']);
  });

  test('should write nothing of nothing', async () => {
    expect(await collect(EMPTY.pipe(writeImages(numbered)))).toEqual([]);
    expect(await readdir(inFolder())).toEqual([]);
  });
});

test('writeImage should take the format from the extension and one image of the batch', async () => {
  const path = inFolder('a', 'b', 'c.webp');
  await writeImage(path, greyBatch(4, 10, 200), 1);
  const { format, width, height } = await sharp(path).metadata();
  expect([format, width, height]).toEqual(['webp', 4, 4]);
  for (const grey of await pixelsOf(path)) expect(Math.abs(grey - 200)).toBeLessThan(5);
});

describe('a grey image', () => {
  const pixels = Uint8Array.from({ length: 2 * 8 * 8 }, (_, i) => (i * 2) % 256);
  const grey: ImageBatch = { pixels, shape: [2, 8, 8, 1] };

  test.each([
    ['png', 1],
    ['tiff', 1],
    ['jpg', 1],
    ['webp', 3], // the format has no grey
  ])('should be a %s file with %i channels', async (extension, channels) => {
    const path = inFolder(`grey.${extension}`);
    await writeImage(path, grey, 1);
    expect(await sharp(path).metadata()).toMatchObject({ width: 8, height: 8, channels });
  });

  test('should have its exact values in a PNG, and the mark of this package', async () => {
    await writeImage(inFolder('grey.png'), grey, 1, 'image');
    const { data, info } = await sharp(inFolder('grey.png'))
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(1);
    expect([...data]).toEqual([...pixels.subarray(64)]);
    expect(await isOwnPicture(inFolder('grey.png'))).toBe(true);
  });

  test('should be a frame of an animation', async () => {
    await writeAnimation(inFolder('grey.gif'), grey);
    const image = sharp(inFolder('grey.gif'), { pages: -1 }).removeAlpha();
    expect(await image.metadata()).toMatchObject({ pages: 2, pageHeight: 8 });
    const values = greys({ pixels: await image.raw().toBuffer() });
    expect(values).toHaveLength(128);
    // a GIF has few colours
    values.forEach((value, i) => {
      expect(Math.abs(value - (pixels[i] ?? 0))).toBeLessThanOrEqual(8);
    });
  });
});
