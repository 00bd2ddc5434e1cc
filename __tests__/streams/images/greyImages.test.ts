/** Files and datasets in the channels that are asked for, whichever they have. */
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { from } from 'rxjs';
import sharp from 'sharp';
import { colourPixels } from '../../../src/base/colourPixels.js';
import { greyPixels } from '../../../src/base/greyPixels.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { datasetOf } from '../../../src/data/datasetOf.js';
import { imageCache } from '../../../src/data/imageCache.js';
import { decodeImages } from '../../../src/streams/images/decodeImages.js';
import { images } from '../../../src/streams/images/images.js';
import { collect } from '../../support/collect.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
const size = 4;
const greys = Uint8Array.from({ length: size * size }, (_, i) => (i * 16 + 7) % 256);
const colours = Uint8Array.from({ length: 3 * size * size }, (_, i) => (i * 53) % 256);

const raw = (pixels: Uint8Array, channels: 1 | 2 | 3 | 4) =>
  sharp(pixels, { raw: { width: size, height: size, channels } });

/** The pixels of all images, in their order. */
async function decoded(
  channels: 1 | 3,
  source: Dataset | string = inFolder(),
  cache?: ReturnType<typeof imageCache>,
) {
  const options = { size, channels, ...(cache && { cache }) };
  const recipes =
    typeof source === 'string'
      ? await collect(images(source).pipe(decodeImages(options)))
      : await collect(images(source).pipe(decodeImages({ ...options, dataset: source })));
  return Promise.all(recipes.map(async (recipe) => (await recipe.make())?.pixels));
}

describe('decodeImages of files', () => {
  test('should keep a grey file exactly as it is, also one with alpha or 16 bits', async () => {
    const opaque = Uint8Array.from({ length: 2 * size * size }, (_, i) =>
      i % 2 === 0 ? (greys[i / 2] ?? 0) : 255,
    );
    const wide = await raw(greys, 1).toColourspace('grey16').png().toBuffer();
    expect((await sharp(wide).metadata()).depth).toBe('ushort');
    await writeFile(inFolder('a.png'), await raw(greys, 1).toColourspace('b-w').png().toBuffer());
    await writeFile(inFolder('b.png'), await raw(opaque, 2).toColourspace('b-w').png().toBuffer());
    await writeFile(inFolder('c.png'), wide);
    expect(await decoded(1)).toEqual([greys, greys, greys]);
    expect(await decoded(3)).toEqual([greys, greys, greys].map(colourPixels));
  });

  test('should reduce a colour file to its luma', async () => {
    await writeFile(inFolder('a.png'), await raw(colours, 3).png().toBuffer());
    expect(await decoded(3)).toEqual([colours]);
    expect(await decoded(1)).toEqual([greyPixels(colours)]);
  });

  test('should put transparent parts on white before', async () => {
    const halves = Uint8Array.from(
      { length: 4 * size * size },
      (_, i) => [200, 0, 0, i < 32 ? 0 : 128][i % 4] ?? 0,
    );
    await writeFile(inFolder('a.png'), await raw(halves, 4).png().toBuffer());
    const [pixels] = await decoded(1);
    expect([...(pixels?.subarray(0, 8) ?? [])]).toEqual(Array(8).fill(255));
    const [red, rest] = [Math.floor((200 * 128 + 255 * 127) / 255), 127];
    const luma = Math.round(0.299 * red + 0.701 * rest);
    expect([...(pixels?.subarray(8) ?? [])]).toEqual(Array(8).fill(luma));
  });

  test('should resize in colour, and reduce afterwards', async () => {
    const large = Uint8Array.from({ length: 3 * 64 }, (_, i) => (i * 31) % 256);
    const picture = sharp(large, { raw: { width: 8, height: 8, channels: 3 } });
    await writeFile(inFolder('a.png'), await picture.png().toBuffer());
    const [[grey], [colour]] = [await decoded(1), await decoded(3)];
    expect(grey).toEqual(greyPixels(colour ?? new Uint8Array()));
  });

  test.each([0, 2, 4, 1.5])('should refuse %d channels at call time', (channels) => {
    expect(() => decodeImages({ size, channels: channels as 1 })).toThrow(
      `decodeImages: channels must be 1 or 3, got ${channels}`,
    );
  });
});

describe('decodeImages of a dataset', () => {
  const grey = datasetOf(1, () => greys, { name: 'grey' });
  const colour = datasetOf(1, () => colours, { name: 'colour' });

  test('should take grey for colour, and colour for grey', async () => {
    expect(await decoded(1, grey)).toEqual([greys]);
    expect(await decoded(3, grey)).toEqual([colourPixels(greys)]);
    expect(await decoded(1, colour)).toEqual([greyPixels(colours)]);
    expect(await decoded(3, colour)).toEqual([colours]);
  });

  test('should cache what it converted, for each number of channels', async () => {
    let calls = 0;
    const counted = datasetOf(1, () => {
      calls += 1;
      return colours;
    });
    const cache = imageCache();
    for (let i = 0; i < 2; i += 1) {
      expect(await decoded(1, counted, cache)).toEqual([greyPixels(colours)]);
      expect(await decoded(3, counted, cache)).toEqual([colours]);
    }
    expect(calls).toBe(2);
    const peeks = from([{ name: '0' }]).pipe(decodeImages({ dataset: counted, size, channels: 1, cache }));
    const [recipe] = await collect(peeks);
    expect(recipe?.peek?.()?.pixels).toEqual(greyPixels(colours));
    await cache.close();
  });

  test.each([0, 15, 17, 32, 64])('should refuse %d values', async (length) => {
    const wrong = datasetOf(1, () => new Uint8Array(length));
    for (const channels of [1, 3] as const) {
      await expect(decoded(channels, wrong)).rejects.toThrow(
        `the result of decode() must be a Uint8Array of 48 values (4 x 4 x 3) or 16 values (4 x 4 x 1), got ${length} values`,
      );
    }
  });
});
