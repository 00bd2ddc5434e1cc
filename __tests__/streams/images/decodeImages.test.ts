import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { map } from 'rxjs';
import sharp, { type Sharp } from 'sharp';
import { chunk, jpegOfSize, pngHeader, pngOf } from '../../../scripts/fuzz/imageBytes.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { decodeBytes } from '../../../src/data/decodeImage.js';
import { imageCache } from '../../../src/data/imageCache.js';
import type { ImageFile } from '../../../src/data/imageFile.js';
import { listImages } from '../../../src/data/listImages.js';
import { decodeImages } from '../../../src/streams/images/decodeImages.js';
import { images } from '../../../src/streams/images/images.js';
import { collect } from '../../support/collect.js';
import { emoji } from '../../support/emoji.js';
import { marbles } from '../../support/marbles.js';
import { png, writePictures } from '../../support/pictures.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-images-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function decoded(options: Omit<Parameters<typeof decodeImages>[0], 'size'> = {}) {
  const recipes = await collect(images(folder).pipe(decodeImages({ size: 4, ...options })));
  return Promise.all(recipes.map((recipe) => recipe.make()));
}

describe('decodeImages', () => {
  const file = (name: string): ImageFile => ({
    path: `nowhere/${name}`,
    name,
    version: '1/1',
    bytes: 1,
    modified: 1,
  });
  const files = { a: file('a.png'), b: file('b.png'), c: file('c.png') };

  test.each([
    ['never', '  -------', '^------'],
    ['empty', '  ---|   ', '^--!'],
    ['one', '    -a-|   ', '^--!'],
    ['many', '   a-bc-|  ', '^----!'],
    ['error', '  a-#    ', '^-!'],
    ['endless', 'a-b-c--', '^------'],
  ])('should read nothing and change neither order nor time: %s', (_, given, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(given.trim(), files);
      const counts = source.pipe(
        decodeImages({ size: 4 }),
        map((recipe) => recipe.images),
      );
      expectObservable(counts).toBe(given.trim(), { a: 1, b: 1, c: 1 });
      expectSubscriptions(source.subscriptions).toBe(subs);
    });
  });

  test('should unsubscribe', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a----', files);
      const counts = source.pipe(
        decodeImages({ size: 4 }),
        map((recipe) => recipe.images),
      );
      expectObservable(counts, '^--!').toBe('a--', { a: 1 });
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
  });

  test('should decode when it is asked to, each time the same', async () => {
    await writePictures(folder, 1);
    const [recipe] = await collect(images(folder).pipe(decodeImages({ size: 4 })));
    const first = await recipe!.make();
    expect(first).toMatchObject({ name: '00.png', size: 4 });
    expect(await recipe!.make()).toEqual(first);
    await rm(join(folder, '00.png'));
    expect(await recipe!.make()).toBeNull();
  });

  test('should decode the items of any dataset, and name what it skips', async () => {
    const items = ['a', 'b', 'c'].map((name) => ({ name }));
    const dataset: Dataset = {
      name: 'letters',
      items: () => items,
      decode({ name }, size) {
        if (name === 'b') throw new Error('not a letter');
        return new Uint8Array(3 * size * size).fill(name.charCodeAt(0));
      },
    };
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const recipes = await collect(images(dataset).pipe(decodeImages({ dataset, size: 2, onWarning })));
    const made = await Promise.all(recipes.map((recipe) => recipe.make()));
    expect(made.map((image) => image && [image.name, image.size, image.pixels[0]])).toEqual([
      ['a', 2, 97],
      null,
      ['c', 2, 99],
    ]);
    expect(warnings).toEqual(['letters: b: skipped: not a letter']);
  });

  test('should reject at once when it was aborted before', async () => {
    await writePictures(folder, 1);
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const [recipe] = await collect(images(folder).pipe(decodeImages({ size: 4, onWarning })));
    await expect(recipe!.make(AbortSignal.abort())).rejects.toThrow(/abort/);
    expect(warnings).toEqual([]);
  });

  test('should warn of a damaged file once where there is a cache, each time where there is none', async () => {
    await writeFile(join(folder, 'a.png'), 'text');
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const cache = imageCache({ folder: join(folder, '.cache') });
    for (let i = 0; i < 3; i += 1) expect(await decoded({ cache, onWarning })).toEqual([null]);
    expect(warnings).toHaveLength(1);
    for (let i = 0; i < 3; i += 1) await decoded({ onWarning });
    expect(warnings).toHaveLength(4);
    await cache.close();
  });

  test('should fail make where onWarning throws', async () => {
    await writeFile(join(folder, 'a.png'), 'text');
    const onWarning = () => {
      throw new Error('no');
    };
    await expect(decoded({ onWarning })).rejects.toThrow('no');
  });

  test.each([0, -1, 1.5, Number.NaN])('should refuse a size of %d at call time', (size) => {
    expect(() => decodeImages({ size })).toThrow(
      `decodeImages: size must be a positive integer, got ${size}`,
    );
  });

  test('should turn upright, put alpha on white, make grey RGB and crop the middle', async () => {
    const half = { create: { width: 8, height: 4, channels: 4 as const, background: '#ff000000' } };
    await writeFile(join(folder, 'alpha.png'), await sharp(half).png().toBuffer());
    const grey = await sharp(await png(90, 90, 90))
      .toColourspace('b-w')
      .png()
      .toBuffer();
    await writeFile(join(folder, 'grey.png'), grey);
    const left = Buffer.alloc(4 * 4 * 3);
    for (let y = 0; y < 4; y += 1) left.fill(255, y * 12, y * 12 + 6);
    const raw = { raw: { width: 4, height: 4, channels: 3 as const } };
    const turned = await sharp(left, raw)
      .withMetadata({ orientation: 6 })
      .tiff({ compression: 'lzw' })
      .toBuffer();
    await writeFile(join(folder, 'turned.tiff'), turned);
    const [alpha, greyed, upright] = await decoded();
    expect(new Set(alpha?.pixels)).toEqual(new Set([255]));
    expect(greyed?.pixels).toHaveLength(48);
    expect(new Set(greyed?.pixels).size).toBe(1);
    expect([...(upright?.pixels.subarray(0, 24) ?? [])]).toEqual(Array(24).fill(255));
    expect([...(upright?.pixels.subarray(24) ?? [])]).toEqual(Array(24).fill(0));
  });

  test('should skip what is damaged, no image or too large, with a warning that names it', async () => {
    await writeFile(join(folder, 'a.png'), 'text');
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31) % 251));
    const raw = { raw: { width: 64, height: 64, channels: 3 as const } };
    const whole = await sharp(noise, raw).png().toBuffer();
    await writeFile(join(folder, 'b.png'), whole.subarray(0, whole.length / 2));
    await writeFile(join(folder, 'c.png'), await png(1, 2, 3, 100, 100));
    await writeFile(join(folder, 'd.png'), await png(1, 2, 3, 5, 5));
    const warnings: string[] = [];
    const made = await decoded({ maxPixels: 5000, onWarning: (message) => warnings.push(message) });
    expect(made.map((image) => image?.name ?? null)).toEqual([null, null, null, 'd.png']);
    expect(warnings.map((message) => message.replace(folder, '')).sort()).toEqual([
      '/a.png: skipped: its content is not an image',
      expect.stringMatching(/^\/b\.png: skipped: truncated or unreadable image: /),
      expect.stringMatching(
        /^\/c\.png: skipped: too large: 100 x 100 pixels, more than 5000; raise max_pixels/,
      ),
    ]);
  });

  test('should give one printable line for each complaint of a decoder, and for a name with control characters', async () => {
    const jpeg = await sharp(await png(1, 2, 3, 64, 64))
      .jpeg()
      .toBuffer();
    await writeFile(join(folder, 'a.jpg'), jpegOfSize(jpeg, 0, 0));
    await writeFile(join(folder, 'b\n\x1b[31m.png'), 'text');
    const warnings: string[] = [];
    await decoded({ onWarning: (message) => warnings.push(message) });
    expect(warnings).toHaveLength(2);
    for (const warning of warnings) expect(warning).toMatch(/^\P{Cc}{1,500}$/u);
  });

  test('should not follow an SVG to a pipe that never answers', async () => {
    await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
    const image = '<image xlink:href="pipe" width="9" height="9"/>';
    const names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';
    await writeFile(join(folder, 'a.svg'), `<svg ${names} width="9" height="9">${image}</svg>`);
    const [made] = await decoded();
    expect(new Set(made?.pixels)).toEqual(new Set([255]));
  }, 5000);

  test('should refuse a drawing of millions of lines, a packed one and a file of a terabyte before they take memory', async () => {
    const line = ' L9 9 0 9'.repeat(500_000);
    const names = 'xmlns="http://www.w3.org/2000/svg"';
    await writeFile(join(folder, 'a.svg'), `<svg ${names}><path stroke="red" d="M0 0${line}"/></svg>`);
    await writeFile(join(folder, 'b.png'), await png(1, 2, 3));
    await truncate(join(folder, 'b.png'), 2 ** 40);
    await writeFile(join(folder, 'c.svg'), gzipSync(`<svg ${names}>${' '.repeat(1e6)}</svg>`));
    const warnings: string[] = [];
    expect(await decoded({ onWarning: (message) => warnings.push(message) })).toEqual([null, null, null]);
    expect(warnings.sort()).toEqual([
      expect.stringMatching(/a\.svg: .*: \d+ bytes of SVG, more than 4194304$/),
      expect.stringMatching(/b\.png: .*: 1099511627776 bytes, more than 2147483647$/),
      expect.stringMatching(/c\.svg: .*: compressed with gzip; decompress it first$/),
    ]);
  });

  test.each([0, 100, 1e9])('should decode only once with %d bytes of memory', async (memoryLimit) => {
    await writePictures(folder, 5);
    const cache = imageCache({ memoryLimit, folder: join(folder, '.cache') });
    const first = await decoded({ cache });
    for (const file of await listImages(folder)) {
      expect(await cache.get({ ...file, key: file.path }, 4)).toEqual(
        first.find((image) => image?.name === file.name)?.pixels,
      );
    }
    expect(await decoded({ cache })).toEqual(first);
    await cache.close();
  });
});

describe('decodeImage of a PNG that has the size already', () => {
  /** All by the decoder, as every other image. */
  const reference = (bytes: Buffer, size: number) =>
    sharp(bytes)
      .rotate()
      .flatten({ background: '#ffffff' })
      .resize(size, size, { fit: 'cover', position: 'centre' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer();

  const check = async (bytes: Buffer, size: number) => {
    const path = join(folder, 'a.png');
    await writeFile(path, bytes);
    const pixels = (await decodeBytes(bytes, { size })).pixels;
    expect(Buffer.compare(pixels, await reference(bytes, size))).toBe(0);
  };

  /** Every value of red and of blue with every alpha, and others of green. */
  const values = Buffer.alloc(256 * 256 * 4);
  for (let i = 0; i < 256 * 256; i += 1) values.set([i & 255, (i * 7) & 255, 255 - (i & 255), i >> 8], 4 * i);
  const image = () => sharp(values, { raw: { width: 256, height: 256, channels: 4 } });
  /** Put together by hand: kinds that the encoder does not write. Alpha, where there is one, goes by the row. */
  const written = (colourType: number, bitDepth: number, transparent: number[] = []) => {
    const channels = { 0: 1, 2: 3, 4: 2, 6: 4 }[colourType] ?? 1;
    const width = (256 * channels * bitDepth) / 8;
    const rows = Buffer.alloc(256 * (1 + width));
    for (let y = 0; y < 256; y += 1) {
      for (let i = 0; i < width; i += 1) {
        const last = Math.floor((8 * i) / bitDepth) % channels === channels - 1;
        rows[y * (1 + width) + 1 + i] = channels % 2 === 0 && last ? y : (i * 3) & 255;
      }
    }
    const between = transparent.length > 0 ? [chunk('tRNS', Buffer.from(transparent))] : [];
    return pngOf(pngHeader({ width: 256, height: 256, bitDepth, colourType }), rows, between);
  };

  test.each<[string, () => Sharp]>([
    ['red, green, blue and alpha', () => image().png()],
    ['no alpha', () => image().removeAlpha().png()],
    ['lines in seven passes', () => image().png({ progressive: true })],
    ['a palette with alpha', () => image().png({ palette: true })],
    ['a palette of two colours', () => image().png({ palette: true, colours: 2 })],
    ['a palette without alpha', () => image().removeAlpha().png({ palette: true })],
    ['grey', () => image().extractChannel(0).toColourspace('b-w').png()],
    ['a colour profile', () => image().withIccProfile('p3').png()],
    ...[2, 3, 4, 5, 6, 7, 8].map((orientation): [string, () => Sharp] => [
      `orientation ${orientation}`,
      () => image().withMetadata({ orientation }).png(),
    ]),
  ])('should give the bytes of the decoder: %s', async (_, make) => {
    const bytes = await make().toBuffer();
    await check(bytes, 256);
    await check(bytes, 100);
  });

  test.each([
    ['grey with alpha', written(4, 8)],
    ['grey with alpha of 16 bits', written(4, 16)],
    ['colour with alpha of 16 bits', written(6, 16)],
    ['grey of which one is transparent', written(0, 8, [0, 30])],
    ['grey of 1 bit', written(0, 1, [0, 1])],
    ['grey of 2 bits', written(0, 2, [0, 2])],
    ['grey of 4 bits', written(0, 4, [0, 7])],
    ['a colour that is transparent', written(2, 8, [0, 9, 0, 12, 0, 15])],
    ['a colour of 16 bits that is transparent', written(2, 16, [9, 12, 15, 18, 21, 24])],
  ])('should give the bytes of the decoder: %s', async (_, bytes) => {
    await check(bytes, 256);
    await check(bytes, 100);
  });

  test('should give the bytes of the decoder for emoji of every kind', async () => {
    const kinds = new Map<number, number>();
    for (const [i, { path }] of (await emoji()).entries()) {
      const bytes = await readFile(path);
      const kind = bytes.readUInt8(25);
      if (kind === 6 && i % 40 > 0) continue;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      expect(
        Buffer.compare((await decodeBytes(bytes, { size: 64 })).pixels, await reference(bytes, 64)),
      ).toBe(0);
    }
    expect([...kinds.keys()].sort()).toEqual([3, 4, 6]); // palette, grey with alpha, red, green, blue with alpha
  });
});
