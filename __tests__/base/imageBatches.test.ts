import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { imageAt, joinImages, partsOf } from '../../src/base/imageBatches.js';
import { greyBatch, greys } from '../support/recipes.js';

test('imageAt should copy one image, which keeps nothing else of its batch', () => {
  const batch = greyBatch(2, 10, 20, 30);
  const image = imageAt(batch, 1);
  expect(image).toEqual(greyBatch(2, 20));
  expect(image.pixels.buffer.byteLength).toBe(12);
});

test('joinImages should put all images in one batch, in their order', () => {
  expect(joinImages([greyBatch(2, 1, 2), greyBatch(2, 3), greyBatch(2)])).toEqual(greyBatch(2, 1, 2, 3));
  expect(greys(joinImages([greyBatch(1, 5)]))).toEqual([5]);
});

test('joinImages should refuse images of different sizes, and nothing', () => {
  const message = 'joinImages: expected images of one size, got 1x1 and 2x2';
  expect(() => joinImages([greyBatch(1, 1), greyBatch(2, 1)])).toThrow(message);
  expect(() => joinImages([])).toThrow('joinImages: expected a batch, got none');
});

test('imageAt and joinImages should keep grey images grey, and not mix them with colour', () => {
  const grey = { pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), shape: [2, 2, 2, 1] } as const;
  expect(imageAt(grey, 1)).toEqual({ pixels: Uint8Array.of(5, 6, 7, 8), shape: [1, 2, 2, 1] });
  expect(joinImages([imageAt(grey, 0), imageAt(grey, 1)])).toEqual(grey);
  const message = 'joinImages: expected all images in grey or all in colour, got 1 and 3 channels';
  expect(() => joinImages([grey, greyBatch(2, 1)])).toThrow(message);
});

test('partsOf should divide a batch in order, into sizes that differ by one image at most', () => {
  expect(partsOf(greyBatch(1, 1, 2, 3, 4, 5, 6, 7, 8), 3).map((part) => greys(part))).toEqual([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8],
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 30 }), (count, number) => {
      const batch = greyBatch(1, ...Array.from({ length: count }, (_, i) => i));
      const parts = partsOf(batch, number);
      expect(parts).toHaveLength(Math.min(count, number));
      expect(joinImages(parts)).toEqual(batch);
      const sizes = parts.map(({ shape }) => shape[0]);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(parts.every(({ pixels }) => pixels.buffer === batch.pixels.buffer)).toBe(true);
    }),
  );
});
