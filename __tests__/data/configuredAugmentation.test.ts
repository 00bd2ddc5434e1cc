import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { colourPixels } from '../../src/base/colourPixels.js';
import type { AugmentationConfig } from '../../src/config/types.js';
import { coloured, configuredAugmentation, mirrored, moved } from '../../src/data/configuredAugmentation.js';
import type { DecodedImage } from '../../src/data/decodedImage.js';
import { keyedGenerator, uniformValues } from '../../src/model/random.js';
import { greys, imageOf } from '../support/recipes.js';

const square = imageOf('a', 1, 2, 3, 4, 5, 6, 7, 8, 9);
const one = (...pixels: number[]): DecodedImage => ({ name: 'a', size: 1, pixels: Uint8Array.from(pixels) });

/** What becomes of the image for each of many draws. */
async function drawn(augmentation: Partial<AugmentationConfig>, image: DecodedImage, count = 300) {
  const values = uniformValues(keyedGenerator(1, 'draws', 0), 10 * count);
  let next = 0;
  const random = () => values[next++] ?? 0;
  const apply = configuredAugmentation(augmentation);
  return Promise.all(Array.from({ length: count }, () => apply(image, random)));
}

describe('mirrored', () => {
  test('should exchange left and right, channels kept, and be its own inverse', () => {
    const image = { name: 'a', size: 2, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) };
    expect([...mirrored(image).pixels]).toEqual([4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9]);
    expect(mirrored(mirrored(image))).toEqual(image);
    expect(greys(mirrored(imageOf('a', 1, 2, 3, 4, 5, 6, 7, 8, 9)))).toEqual([3, 2, 1, 6, 5, 4, 9, 8, 7]);
  });
});

test('mirrored should leave a Buffer as it was, whose slice would be no copy', () => {
  const image = { name: 'a', size: 2, pixels: Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) };
  expect([...mirrored(image).pixels.subarray(0, 6)]).toEqual([4, 5, 6, 1, 2, 3]);
  expect([...image.pixels.subarray(0, 6)]).toEqual([1, 2, 3, 4, 5, 6]);
});

describe('moved', () => {
  test('should reflect what lies beyond the edges, without the edge itself', () => {
    expect(greys(moved(square, 0, 1))).toEqual([2, 3, 2, 5, 6, 5, 8, 9, 8]);
    expect(greys(moved(square, 0, -1))).toEqual([2, 1, 2, 5, 4, 5, 8, 7, 8]);
    expect(greys(moved(square, 1, 0))).toEqual([4, 5, 6, 7, 8, 9, 4, 5, 6]);
    expect(greys(moved(square, -2, 0))).toEqual([7, 8, 9, 4, 5, 6, 1, 2, 3]);
    expect(moved(square, 0, 0)).toEqual(square);
  });
});

describe('coloured', () => {
  test('should multiply by the brightness and cut off at white', () => {
    expect([...coloured(one(10, 100, 200), 0.5, 1, 1).pixels]).toEqual([5, 50, 100]);
    expect([...coloured(one(10, 100, 200), 1.5, 1, 1).pixels]).toEqual([15, 150, 255]);
  });

  test('should take the distance to the mean grey times the contrast', () => {
    const image = imageOf('a', 50, 100, 150, 200);
    expect(greys(coloured(image, 1, 0.5, 1))).toEqual([88, 112, 138, 162]);
    expect(greys(coloured(image, 1, 2, 1))).toEqual([0, 75, 175, 255]);
    expect(greys(coloured(image, 1, 0, 1))).toEqual([125, 125, 125, 125]);
  });

  test('should take the distance to its own grey times the saturation', () => {
    expect([...coloured(one(200, 100, 50), 1, 1, 0).pixels]).toEqual([124, 124, 124]);
    expect([...coloured(one(200, 100, 50), 1, 1, 0.5).pixels]).toEqual([162, 112, 87]);
    expect([...coloured(one(80, 80, 80), 1, 1, 2).pixels]).toEqual([80, 80, 80]);
  });

  test('should change nothing by factors of one', () => {
    expect(coloured(one(200, 100, 50), 1, 1, 1)).toEqual(one(200, 100, 50));
  });
});

describe('configuredAugmentation', () => {
  test('should give the image itself, and draw nothing, where all is off', async () => {
    const random = () => {
      throw new Error('drawn');
    };
    const off = { horizontalFlip: false, crop: 0, brightness: 0, contrast: 0, saturation: 0 };
    expect(await configuredAugmentation(off)(square, random)).toBe(square);
    expect(await configuredAugmentation({})(square, random)).toBe(square);
  });

  test('should move in both directions by all offsets up to the given one, and no further', async () => {
    const possible = [-1, 0, 1].flatMap((down) =>
      [-1, 0, 1].map((right) => greys(moved(square, down, right))),
    );
    const images = (await drawn({ crop: 1 }, square)).map(greys);
    expect(new Set(images.map(String))).toEqual(new Set(possible.map(String)));
    expect(
      (await drawn({ crop: 2 }, square)).every(({ size, pixels }) => size === 3 && pixels.length === 27),
    ).toBe(true);
  });

  test.each([
    ['brightness', { brightness: 0.25 }, one(100, 100, 100), 75, 125],
    ['contrast', { contrast: 0.5 }, imageOf('a', 50, 150, 150, 50), 25, 75],
    ['saturation', { saturation: 0.5 }, one(200, 100, 50), 162, 238],
  ])('should draw the %s evenly between its bounds', async (_, augmentation, image, least, most) => {
    const values = (await drawn(augmentation, image)).map(({ pixels }) => pixels[0] ?? 0);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...values)).toBeLessThanOrEqual(most);
    expect(Math.min(...values)).toBeLessThan(least + 0.05 * (most - least));
    expect(Math.max(...values)).toBeGreaterThan(most - 0.05 * (most - least));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean - (least + most) / 2)).toBeLessThan(0.1 * (most - least));
  });

  test('should keep name, size and type, and leave the image as it was', async () => {
    const before = Uint8Array.from(square.pixels);
    const all = { horizontalFlip: true, crop: 2, brightness: 1, contrast: 1, saturation: 1 };
    for (const { name, size, pixels } of await drawn(all, square)) {
      expect([name, size, pixels.length, pixels.constructor.name]).toEqual(['a', 3, 27, 'Uint8Array']);
    }
    expect(square.pixels).toEqual(before);
  });
});

describe('a grey image', () => {
  const greyImage = fc
    .integer({ min: 1, max: 6 })
    .chain((size) =>
      fc
        .uint8Array({ minLength: size * size, maxLength: size * size })
        .map((pixels): DecodedImage => ({ name: 'a', size, pixels })),
    );
  const repeated = (image: DecodedImage) => ({ ...image, pixels: colourPixels(image.pixels) });

  test('should be mirrored and moved like one of three equal colours', () => {
    fc.assert(
      fc.property(greyImage, fc.integer(), fc.integer(), (image, down, right) => {
        const offsets = [down % image.size, right % image.size] as const;
        expect(repeated(mirrored(image))).toEqual(mirrored(repeated(image)));
        expect(repeated(moved(image, ...offsets))).toEqual(moved(repeated(image), ...offsets));
      }),
    );
  });

  test('should change its brightness and contrast like one of three equal colours; it has no saturation', () => {
    const factor = fc.double({ min: 0, max: 2, noNaN: true });
    fc.assert(
      fc.property(greyImage, factor, factor, factor, (image, brightness, contrast, saturation) => {
        const { pixels } = coloured(image, brightness, contrast, saturation);
        expect(pixels).toHaveLength(image.size ** 2);
        const others = coloured(repeated(image), brightness, contrast, 1).pixels;
        // the weights of the colours add up to 1 only up to rounding
        pixels.forEach((value, i) => {
          expect(Math.abs(value - (others[3 * i] ?? -9))).toBeLessThanOrEqual(1);
        });
      }),
    );
    const grey = { name: 'a', size: 2, pixels: Uint8Array.of(50, 100, 150, 200) };
    expect([...coloured(grey, 1, 0.5, 1).pixels]).toEqual([88, 112, 138, 162]);
    expect([...coloured(grey, 0.5, 1, 0).pixels]).toEqual([25, 50, 75, 100]);
  });

  test('should stay the array that it was, and draw the same numbers as in colour', async () => {
    const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const image = { name: 'a', size: 3, pixels };
    const changes = { horizontalFlip: true, crop: 2 };
    const [greyResults, results] = [await drawn(changes, image), await drawn(changes, square)];
    expect(greyResults.map((result) => [...result.pixels])).toEqual(results.map(greys));
    expect([...pixels]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
