import { describe, expect, test } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import { DamagedImageError } from '../../../src/data/damagedImageError.js';
import { datasetOf } from '../../../src/data/datasetOf.js';
import { type SomeImagesOptions, someImages } from '../../../src/streams/datasets/someImages.js';
import { collect } from '../../support/collect.js';

const shades = datasetOf(100, (index, size) => new Uint8Array(size * size).fill(index));

async function namesOf(options: SomeImagesOptions) {
  return (await lastValueFrom(someImages(shades, options))).names.map(Number);
}

describe('someImages', () => {
  test('should spread the images evenly over the dataset', async () => {
    const batch = await lastValueFrom(someImages(shades, { count: 20, size: 2, channels: 1 }));
    const names = Array.from({ length: 20 }, (_, i) => String(5 * i + 2));
    expect(batch).toMatchObject({ names, shape: [20, 2, 2, 1] });
    expect(Array.from(batch.pixels)).toEqual(names.flatMap((name) => new Array(4).fill(Number(name))));
  });

  test('should choose different images at random, the same for a seed', async () => {
    const [one, again, other] = [
      await namesOf({ seed: 1 }),
      await namesOf({ seed: 1 }),
      await namesOf({ seed: 2 }),
    ];
    expect(one).toHaveLength(32);
    expect(new Set(one).size).toBe(32);
    expect([...one].sort((a, b) => a - b)).toEqual(one);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(await namesOf({ seed: 3, count: 100 })).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test('should give all images of a small dataset, and leave out what cannot be read', async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const torn = datasetOf(3, (index, size) => {
      if (index !== 1) throw new DamagedImageError('torn');
      return new Uint8Array(3 * size * size);
    });
    const batch = await lastValueFrom(someImages(torn, { onWarning }));
    expect(batch).toMatchObject({ names: ['1'], shape: [1, 64, 64, 3] });
    expect(warnings).toHaveLength(2);
    const nothing = { ...torn, decode: () => Promise.reject(new DamagedImageError('torn')) };
    expect(await collect(someImages(nothing))).toEqual([]);
  });

  test('should refuse wrong numbers at call time', () => {
    expect(() => someImages(shades, { count: 0 })).toThrow('someImages: count must be a positive integer');
    expect(() => someImages(shades, { size: 1.5 })).toThrow('someImages: size must be a positive integer');
    expect(() => someImages(shades, { seed: 0.5 })).toThrow('someImages: seed must be an integer');
  });
});
