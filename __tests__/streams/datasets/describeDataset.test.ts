import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lastValueFrom, of, Subject, take, tap } from 'rxjs';
import sharp from 'sharp';
import { DamagedImageError } from '../../../src/data/damagedImageError.js';
import type { Dataset } from '../../../src/data/dataset.js';
import { datasetOf } from '../../../src/data/datasetOf.js';
import { UnreadImageError } from '../../../src/data/unreadImageError.js';
import type { DatasetReport } from '../../../src/streams/datasets/datasetEvents.js';
import {
  type DescribeDatasetOptions,
  describeDataset,
} from '../../../src/streams/datasets/describeDataset.js';
import { collect, pause } from '../../support/collect.js';
import { png } from '../../support/pictures.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();

async function reportOf(source: string | Dataset, options: DescribeDatasetOptions = {}) {
  return (await lastValueFrom(describeDataset(source, options))) as DatasetReport;
}

/** Images of random grey values, two of which differ. */
const noise = (index: number, size: number) =>
  Uint8Array.from({ length: size * size }, (_, i) => (i * 7 + index * 13) % 256);

describe('describeDataset', () => {
  test('should report progress from the start, and then the report', async () => {
    const events = await collect(describeDataset(datasetOf(40, noise), { size: 4 }));
    expect(events.map((event) => [event.type, event.images, event.total])).toEqual([
      ['progress', 0, 40],
      ['progress', 16, 40],
      ['progress', 32, 40],
      ['progress', 40, 40],
      ['report', 40, 40],
    ]);
  });

  test('should describe a folder of files', async () => {
    await mkdir(inFolder('cats'));
    const files: Record<string, Buffer | string> = {
      'a.png': await png(200, 0, 0, 30, 20),
      'b.png': await png(200, 0, 0, 30, 20),
      'c.png': await png(200, 0, 0, 60, 40),
      'cats/d.jpg': await sharp(noise(1, 40), { raw: { width: 40, height: 40, channels: 1 } })
        .toColourspace('b-w')
        .jpeg()
        .toBuffer(),
      'cats/e.png': await sharp(Buffer.from(noise(2, 40)), { raw: { width: 20, height: 20, channels: 4 } })
        .png()
        .toBuffer(),
      'f.png': 'not an image',
      'g.bmp': 'BM',
    };
    for (const [name, bytes] of Object.entries(files)) await writeFile(inFolder(name), bytes);
    const warnings: string[] = [];
    const report = await reportOf(inFolder(), { onWarning: (message) => warnings.push(message) });
    expect(report).toMatchObject({
      type: 'report',
      dataset: inFolder(),
      images: 6,
      total: 6,
      stopped: false,
      size: 20, // the median of the shorter sides
      damaged: { images: 1, first: [{ name: 'f.png', reason: 'its content is not an image' }] },
      unread: { images: 0, first: [] },
      sizes: {
        images: 5,
        smallest: { width: 20, height: 20 },
        mostCommon: { width: 30, height: 20, images: 2 },
        largest: { width: 60, height: 40 },
        different: 4,
        shorterSide: 20,
        enlarged: 0,
      },
      formats: [
        { format: 'png', images: 4 },
        { format: 'jpeg', images: 1 },
      ],
      colours: { grey: 1, colour: 4, alpha: 1, greyPixels: 1 },
      duplicates: { groups: 1, surplus: 2, first: [['a.png', 'b.png', 'c.png']] },
      oneColour: { images: 3, first: ['a.png', 'b.png', 'c.png'] },
      fits: { configuration: 'demo', set: ['input_dimension=20'] },
    });
    expect(warnings).toEqual([expect.stringContaining('g.bmp')]);
  });

  test('should tell what a dataset of arrays without sizes has, and what it cannot know', async () => {
    const decode = (index: number, size: number) => {
      if (index === 1) throw new DamagedImageError('torn');
      if (index === 2) throw new UnreadImageError('offline');
      return noise(index % 4, size);
    };
    const report = await reportOf(datasetOf(8, decode), { names: 1 });
    expect(report).toMatchObject({
      size: 64,
      damaged: { images: 1, first: [{ name: '1', reason: 'torn' }] },
      unread: { images: 1, first: [{ name: '2', reason: 'offline' }] },
      sizes: null,
      formats: [],
      colours: { grey: 0, colour: 0, alpha: 0, greyPixels: 6 },
      duplicates: { groups: 2, surplus: 2, first: [['0']] },
      mean: [expect.any(Number)],
    });
  });

  test('should give mean and standard deviation over all pixels, and the share of nearly black or white', async () => {
    const images = fc.array(fc.uint8Array({ minLength: 27, maxLength: 27 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(images, async (all) => {
        const report = await reportOf(
          datasetOf(all.length, (index) => Uint8Array.from(all[index] ?? [])),
          { size: 3 },
        );
        const isGrey = all.every((one) => one.every((value, i) => value === one[i - (i % 3)]));
        for (let channel = 0; channel < (isGrey ? 1 : 3); channel += 1) {
          const values = all
            .flatMap((one) => [...one].filter((_, i) => i % 3 === channel))
            .map((v) => v / 255);
          const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
          const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
          expect(report.mean?.[channel]).toBeCloseTo(mean, 9);
          expect(report.standardDeviation?.[channel]).toBeCloseTo(Math.sqrt(square), 6);
        }
        const extreme = all.flatMap((one) => [...one].filter((value) => value < 64 || value > 191));
        expect(report.nearlyBlackOrWhite).toBeCloseTo(extreme.length / (27 * all.length), 9);
      }),
      { numRuns: 30 },
    );
  });

  test('should have no mean and no configuration if nothing can be decoded', async () => {
    const damaged = datasetOf(3, () => {
      throw new DamagedImageError('torn');
    });
    const nothing = { mean: null, standardDeviation: null, fits: null, nearlyBlackOrWhite: 0 };
    expect(await reportOf(damaged)).toMatchObject({ images: 3, damaged: { images: 3 }, ...nothing });
  });

  test('should report what was counted when it is stopped', async () => {
    const stop$ = new Subject<void>();
    const events = await collect(
      describeDataset(datasetOf(1000, noise), { size: 4, stop$ }).pipe(
        tap((event) => {
          if (event.images === 16) stop$.next();
        }),
      ),
    );
    const report = events.at(-1) as DatasetReport;
    expect(report).toMatchObject({ type: 'report', total: 1000, stopped: true });
    expect(report.images).toBeLessThan(100);
    expect(report.fits).not.toBeNull();
  });

  test('should end without a report when it is stopped while the images are listed', async () => {
    const slow = { ...datasetOf(3, noise), items: () => new Promise<never>(() => undefined) };
    expect(await collect(describeDataset(slow, { stop$: of(true) }))).toEqual([]);
  });

  test('should be cold, and close the dataset at its end and when it is unsubscribed', async () => {
    let [listed, closed, aborted] = [0, 0, 0];
    const dataset: Dataset = {
      ...datasetOf(40, (index, size, signal) => {
        signal.addEventListener('abort', () => {
          aborted += 1;
        });
        return index < 16 ? noise(index, size) : new Promise<never>(() => undefined);
      }),
      items: () => {
        listed += 1;
        return { length: 40, at: (index) => ({ name: String(index) }) };
      },
      close: () => {
        closed += 1;
      },
    };
    const report$ = describeDataset(dataset, { size: 4 });
    await pause(5);
    expect(listed).toBe(0);
    await lastValueFrom(report$.pipe(take(2)));
    await pause(5);
    expect([listed, closed]).toEqual([1, 1]);
    expect(aborted).toBeGreaterThanOrEqual(16);
    await collect(describeDataset({ ...dataset, decode: (_, size) => noise(1, size) }, { size: 4 }));
    expect([listed, closed]).toEqual([2, 2]);
  });

  test('should decode only a few images ahead', async () => {
    let decoded = 0;
    const dataset = datasetOf(1000, (index, size) => {
      decoded += 1;
      return noise(index, size);
    });
    let most = 0;
    await lastValueFrom(
      describeDataset(dataset, { size: 4 }).pipe(
        tap(({ images }) => {
          most = Math.max(most, decoded - images);
        }),
      ),
    );
    expect(most).toBeLessThanOrEqual(48);
  });

  test('should refuse wrong numbers at call time, and fail for a dataset without images', async () => {
    expect(() => describeDataset('photos', { size: 0 })).toThrow(
      'describeDataset: size must be a positive integer',
    );
    expect(() => describeDataset('photos', { names: 0.5 })).toThrow('names must be a positive integer');
    await mkdir(inFolder('empty'));
    await expect(reportOf(inFolder('empty'))).rejects.toThrow('no images found');
    await expect(reportOf({ ...datasetOf(1, noise), decode: () => new Uint8Array(5) })).rejects.toThrow(
      'the result of decode() must be a Uint8Array',
    );
  });
});
