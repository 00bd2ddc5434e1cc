import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lastValueFrom, map, toArray } from 'rxjs';
import sharp from 'sharp';
import { jpegOfSize } from '../../scripts/fuzz/imageBytes.js';
import { decodeImages } from '../../src/streams/decodeImages.js';
import { DatasetError } from '../../src/streams/errors.js';
import { imageCache } from '../../src/streams/imageCache.js';
import { images, listImages } from '../../src/streams/images.js';
import { png, writePictures } from '../support/pictures.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-images-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function decoded(options: Omit<Parameters<typeof decodeImages>[0], 'size'> = {}) {
  const recipes = await lastValueFrom(images(folder).pipe(decodeImages({ size: 4, ...options }), toArray()));
  return Promise.all(recipes.map((recipe) => recipe.make()));
}

describe('images', () => {
  test('should find images in nested folders, in a stable order, and nothing else', async () => {
    await writePictures(join(folder, 'b'), 2);
    await writePictures(folder, 1);
    await mkdir(join(folder, 'c.png'));
    await promisify(execFile)('mkfifo', [join(folder, 'pipe.png')]);
    await symlink('loop.png', join(folder, 'loop.png'));
    for (const name of ['notes.txt', '.hidden.png']) await writeFile(join(folder, name), '');
    const names = await lastValueFrom(
      images(folder).pipe(
        map((file) => file.name),
        toArray(),
      ),
    );
    expect(names).toEqual(['00.png', 'b/00.png', 'b/01.png']);
  });

  test('should refuse a missing and an empty folder', async () => {
    await expect(lastValueFrom(images(join(folder, 'no')))).rejects.toBeInstanceOf(DatasetError);
    await expect(listImages(folder)).rejects.toThrow(/expected images .*, got none; put the images/);
  });
});

describe('decodeImages', () => {
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
    expect(warnings.map((message) => message.replace(folder, '').slice(0, 16)).sort()).toEqual([
      '/a.png: skipped,',
      '/b.png: skipped,',
      '/c.png: skipped,',
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
      expect.stringMatching(/b\.png: .*: 1099511627776 bytes, more than 536870912$/),
      expect.stringMatching(/c\.svg: .*: packed with gzip; unpack it first$/),
    ]);
  });

  test.each([0, 100, 1e9])('should decode only once with %d bytes of memory', async (memoryLimit) => {
    await writePictures(folder, 5);
    const cache = imageCache({ memoryLimit, folder: join(folder, '.cache') });
    const first = await decoded({ cache });
    for (const file of await listImages(folder)) {
      expect(await cache.get(file, 4)).toEqual(first.find((image) => image?.name === file.name)?.pixels);
    }
    expect(await decoded({ cache })).toEqual(first);
    await cache.close();
  });
});
