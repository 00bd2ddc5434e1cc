import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { concatMap, from, lastValueFrom, mergeMap, take } from 'rxjs';
import sharp from 'sharp';
import { list } from 'tar';
import yauzl from 'yauzl';
import { crc32 } from '../../../src/base/crc32.js';
import type { ImageFit } from '../../../src/config/imageFit.js';
import type { ImageChannels } from '../../../src/config/types.js';
import { DamagedImageError } from '../../../src/data/damagedImageError.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { datasetAt } from '../../../src/data/datasetAt.js';
import { datasetOf } from '../../../src/data/datasetOf.js';
import {
  type DatasetPacked,
  type PackDatasetOptions,
  packDataset,
} from '../../../src/streams/datasets/packDataset.js';
import { batch } from '../../../src/streams/images/batch.js';
import { decodeImages } from '../../../src/streams/images/decodeImages.js';
import { images } from '../../../src/streams/images/images.js';
import { collect, pause } from '../../support/collect.js';
import { canMount, tmpfs } from '../../support/disks.js';
import { useOwnCacheFolder } from '../../support/ownCacheFolder.js';
import { png } from '../../support/pictures.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
useOwnCacheFolder(inFolder);

const noise = (index: number, size: number) =>
  Uint8Array.from({ length: 3 * size * size }, (_, i) => (i * i * 7 + index * 13) % 256);

async function pack(source: string | Dataset, path: string, options: PackDatasetOptions) {
  return (await lastValueFrom(packDataset(source, path, options))) as DatasetPacked;
}

/** Pictures of several formats and sizes, in folders; one is damaged. */
async function writeMixed(folder: string): Promise<void> {
  await mkdir(join(folder, 'Übung'), { recursive: true });
  const raw = (index: number, size: number, channels: 1 | 3 | 4) =>
    sharp(noise(index, 2 * size).subarray(0, size * size * channels), {
      raw: { width: size, height: size, channels },
    });
  const files = {
    'a.jpg': await raw(1, 40, 3).jpeg().toBuffer(),
    'b.png': await raw(2, 9, 4).png().toBuffer(),
    'c.webp': await raw(3, 16, 3).webp().toBuffer(),
    'd.png': 'not an image',
    'Übung/e.png': await raw(4, 16, 1).toColourspace('b-w').png().toBuffer(),
    [`${'long'.repeat(40)}.png`]: await raw(5, 17, 3).png().toBuffer(),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
}

/** All batches that a run of this model would get in its first epoch, unshuffled. */
async function batchesOf(path: string, size: number, channels: ImageChannels, fit: Partial<ImageFit> = {}) {
  const dataset = await datasetAt(path);
  const batches = await collect(
    images(dataset).pipe(
      decodeImages({ dataset, size, channels, ...fit }),
      batch(2),
      concatMap((recipe) => recipe.make()),
      mergeMap((made) => (made ? from([made]) : [])),
    ),
  );
  await dataset.close?.();
  const pixels = Buffer.concat(batches.map((one) => one.pixels));
  return { names: batches.flatMap(({ names }) => names), pixels };
}

describe.each(['.npz', '.tar'])('packDataset to %s', (extension) => {
  const path = () => inFolder(`deep/out${extension}`);

  test('should report progress from the start, and then the file', async () => {
    const events = await collect(packDataset(datasetOf(40, noise), path(), { size: 4 }));
    expect(events.slice(0, -1).map(({ images }) => images)).toEqual([0, 16, 32, 40]);
    const { size: bytes } = await stat(path());
    const about = { path: path(), images: 40, skipped: 0, size: 4, channels: 3, bytes };
    expect(events.at(-1)).toEqual({ type: 'packed', ...about });
    expect(await readdir(inFolder('deep'))).toEqual([`out${extension}`]);
  });

  test.each([1, 3] as const)(
    'should give the same batches as the original with %d channels',
    async (channels) => {
      await writeMixed(inFolder('photos'));
      const warnings: string[] = [];
      const options = { size: 16, channels, onWarning: (message: string) => warnings.push(message) };
      expect(await pack(inFolder('photos'), path(), options)).toMatchObject({ images: 5, skipped: 1 });
      expect(warnings).toEqual([`${inFolder('photos/d.png')}: left out: its content is not an image`]);
      const before = await batchesOf(inFolder('photos'), 16, channels);
      const after = await batchesOf(path(), 16, channels);
      expect(after.pixels.equals(before.pixels)).toBe(true);
      if (extension === '.tar') expect(after.names).toEqual(before.names);
    },
  );

  test('should make squares as it is told', async () => {
    await writeMixed(inFolder('photos'));
    await writeFile(inFolder('photos/wide.png'), await png(9, 8, 7, 30, 10));
    const fit = { fit: 'contain', fitPosition: 'top', background: '#102030' } as const;
    await pack(inFolder('photos'), path(), { size: 16, ...fit });
    const before = await batchesOf(inFolder('photos'), 16, 3, fit);
    expect((await batchesOf(path(), 16, 3)).pixels.equals(before.pixels)).toBe(true);
  });

  test('should make the same file of the same images', async () => {
    await pack(datasetOf(5, noise), path(), { size: 4 });
    const first = await readFile(path());
    await pack(datasetOf(5, noise), path(), { size: 4, replace: true });
    expect((await readFile(path())).equals(first)).toBe(true);
  });

  test('should refuse to replace a file unless it may, and keep the old one if it fails', async () => {
    await mkdir(inFolder('deep'));
    await writeFile(path(), 'mine');
    await expect(pack(datasetOf(1, noise), path(), { size: 4 })).rejects.toThrow(`${path()}: exists already`);
    const failing = { ...datasetOf(20, noise), decode: () => new Uint8Array(1) };
    await expect(pack(failing, path(), { size: 4, replace: true })).rejects.toThrow('must be a Uint8Array');
    expect(await readFile(path(), 'utf8')).toBe('mine');
    expect(await readdir(inFolder('deep'))).toEqual([`out${extension}`]);
    await pack(datasetOf(1, noise), path(), { size: 4, replace: true });
    expect((await readFile(path())).length).toBeGreaterThan(100);
  });

  test('should leave nothing when it is unsubscribed, or nothing can be read', async () => {
    await lastValueFrom(packDataset(datasetOf(1000, noise), path(), { size: 4 }).pipe(take(3)));
    await pause(50);
    expect(await readdir(inFolder('deep'))).toEqual([]);
    const damaged = datasetOf(12, () => {
      throw new DamagedImageError('torn');
    });
    const warnings: string[] = [];
    const options = { size: 4, onWarning: (message: string) => warnings.push(message) };
    await expect(pack(damaged, path(), options)).rejects.toThrow('none of its images could be read (12)');
    expect(warnings).toHaveLength(10);
    expect(await readdir(inFolder('deep'))).toEqual([]);
  });

  (canMount ? test : test.skip)('should say when the disk is full, and leave nothing', async () => {
    const disk = tmpfs(inFolder('disk'), 2 ** 19);
    try {
      const random = datasetOf(20, (_, size) => new Uint8Array(randomBytes(3 * size * size)));
      const full = join(disk.folder, `out${extension}`);
      const problem =
        extension === '.npz' ? 'needs 0.9 MB, but only 0.5 MB are free' : 'cannot be written: ENOSPC';
      await expect(pack(random, full, { size: 120 })).rejects.toThrow(`${full}: ${problem}`);
      expect(await readdir(disk.folder)).toEqual([]);
    } finally {
      disk.unmount();
    }
  });
});

describe('packDataset', () => {
  test('should write the header of an array byte for byte as NumPy does', async () => {
    const path = inFolder('out.npz');
    await pack(datasetOf(5, noise), path, { size: 4 });
    const bytes = await readFile(path);
    const zip = await yauzl.fromBufferPromise(bytes);
    const entries: yauzl.Entry[] = [];
    for await (const entry of zip.eachEntry()) entries.push(entry);
    const [entry] = entries;
    expect(entries.map(({ fileName }) => fileName)).toEqual(['images.npy']);
    expect(entry).toMatchObject({
      compressionMethod: 0,
      compressedSize: 128 + 240,
      uncompressedSize: 128 + 240,
    });
    const content = bytes.subarray(60, 60 + 128 + 240);
    expect(crc32(content)).toBe(entry?.crc32);
    expect(content.subarray(0, 128).equals(headerOfNumpy([5, 4, 4, 3]))).toBe(true);
    const pixels = Buffer.concat([0, 1, 2, 3, 4].map((index) => noise(index, 4)));
    expect(content.subarray(128).equals(pixels)).toBe(true);
  });

  test('should write tar archives that other readers read, with long names and names in Unicode', async () => {
    await writeMixed(inFolder('photos'));
    await pack(inFolder('photos'), inFolder('out.tar'), { size: 8 });
    const found: string[] = [];
    await list({
      file: inFolder('out.tar'),
      strict: true,
      onReadEntry: ({ path, size, type }) => {
        expect([type, size > 50]).toEqual(['File', true]);
        found.push(path);
      },
    });
    expect(found).toEqual(['a.jpg', 'b.png', 'c.webp', `${'long'.repeat(40)}.png`, 'Übung/e.png']);
  });

  test('should name images without the extension of one, and refuse two of one name', async () => {
    await pack(datasetOf(3, noise), inFolder('out.tar'), { size: 4 });
    expect((await batchesOf(inFolder('out.tar'), 4, 3)).names).toEqual(['0.png', '1.png', '2.png']);
    const names = ['a', 'a.png'];
    const twins = {
      ...datasetOf(2, noise),
      items: () => names.map((name) => ({ name })),
      decode: () => noise(1, 4),
    };
    const packing = pack(twins, inFolder('twins.tar'), { size: 4 });
    await expect(packing).rejects.toThrow('two images would have the name "a.png" in the archive');
    await expect(pack(twins, inFolder('twins.npz'), { size: 4 })).resolves.toMatchObject({ images: 2 });
  });

  test('should refuse wrong options at call time', () => {
    const of = (path: string, options: PackDatasetOptions) => () => packDataset('photos', path, options);
    expect(of('out.zip', { size: 4 })).toThrow('out.zip: cannot write ".zip" files; use .npz or .tar');
    expect(of('out', { size: 4 })).toThrow('out: has no extension; use .npz or .tar');
    expect(of('out.npz', { size: 0 })).toThrow('packDataset: size must be a positive integer');
    expect(of('out.npz', { size: 4, channels: 2 as 1 })).toThrow(
      'packDataset: channels must be 1 or 3, got 2',
    );
  });
});

/** The header as numpy.lib.format writes it: room for a first axis of 21 digits, and a length that is a multiple of 64. */
function headerOfNumpy(shape: readonly number[]): Buffer {
  let text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  text += ' '.repeat(21 - String(shape[0]).length);
  const length = 64 * Math.ceil((10 + text.length + 1) / 64) - 10;
  const bytes = [0x93, ...Buffer.from('NUMPY'), 1, 0, length & 255, length >> 8];
  return Buffer.concat([Buffer.from(bytes), Buffer.from(`${text.padEnd(length - 1)}\n`)]);
}
