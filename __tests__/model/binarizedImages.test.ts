import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { imageAt } from '../../src/base/imageBatches.js';
import { binarizedImages } from '../../src/model/binarizedImages.js';
import { smallBatch } from '../support/smallConfig.js';

const names = ['a', 'b', 'c'];
const images = { ...smallBatch(5, 3), names };
const dynamic = (seed: number, keys: readonly (string | number)[] = names, given = images) =>
  binarizedImages(given, 'dynamic', { seed, keys });

describe('binarizedImages', () => {
  test('should depend on seed and name only, not on the other images or the place', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(2), (seed, place) => {
        const alone = { ...imageAt(images, place), names: [names[place]!] };
        const expected = imageAt(dynamic(seed), place).pixels;
        expect(dynamic(seed, alone.names, alone).pixels).toEqual(expected);
        expect(dynamic(seed + 1).pixels).not.toEqual(dynamic(seed).pixels);
        expect(dynamic(seed, ['a', 'b', 'd']).pixels).not.toEqual(dynamic(seed).pixels);
      }),
      { numRuns: 20 },
    );
  });

  test('should draw for each image apart, by its place if there are no keys', () => {
    const same = { ...images, pixels: new Uint8Array(images.pixels.length).fill(128) };
    const result = binarizedImages(same, 'dynamic');
    expect(imageAt(result, 0).pixels).not.toEqual(imageAt(result, 1).pixels);
    expect(binarizedImages(same, 'dynamic', { seed: 0, keys: [0, 1, 2] })).toEqual(result);
  });

  test('should keep shape and names, the given pixels, and what is binary', () => {
    const before = Uint8Array.from(images.pixels);
    const result = dynamic(1);
    expect(result).toMatchObject({ shape: images.shape, names });
    expect(images.pixels).toEqual(before);
    expect(dynamic(2, names, result).pixels).toEqual(result.pixels);
    expect(binarizedImages(images, 'none')).toBe(images);
    const threshold = binarizedImages(images, 'threshold').pixels;
    expect(threshold).toEqual(images.pixels.map((value) => (value < 128 ? 0 : 255)));
  });
});
