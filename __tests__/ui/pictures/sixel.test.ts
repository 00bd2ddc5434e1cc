import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Rgb } from '../../../src/ui/pictures/nearestColour.js';
import { quantise } from '../../../src/ui/pictures/quantise.js';
import { sixelPicture } from '../../../src/ui/pictures/sixel.js';
import { readSixels } from '../../support/sixels.js';

const byte = fc.integer({ min: 0, max: 255 });
const indexed = fc
  .record({
    width: fc.integer({ min: 1, max: 23 }),
    height: fc.integer({ min: 1, max: 20 }),
    palette: fc.array(fc.tuple(byte, byte, byte), { minLength: 1, maxLength: 256 }),
    seeds: fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 }),
  })
  .map(({ width, height, palette, seeds }) => ({
    width,
    height,
    palette,
    // With runs, and rows that repeat.
    indices: Uint8Array.from(
      { length: width * height },
      (_, i) => seeds[(i >> 2) % seeds.length]! % palette.length,
    ),
  }));

/** A smooth picture with all the colours that it can have. */
const gradient = (width: number, height: number) => ({
  pixels: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return [(255 * x) / width, (255 * y) / height, (255 * (x + y)) / (width + height)][i % 3]!;
  }),
  shape: [1, height, width, 3] as const,
});

describe('sixelPicture', () => {
  test('should draw every pixel in its colour, to a percent', () => {
    fc.assert(
      fc.property(indexed, (image) => {
        const { width, height, pixels } = readSixels(sixelPicture(image));
        expect([width, height]).toEqual([image.width, image.height]);
        for (const [i, index] of image.indices.entries()) {
          const colour: Rgb = image.palette[index]!;
          for (let c = 0; c < 3; c += 1) {
            expect(Math.abs(pixels[3 * i + c]! - colour[c]!)).toBeLessThanOrEqual(2);
          }
        }
      }),
    );
  });

  test('should write runs as lengths, and nothing behind the last pixel of a colour', () => {
    const indices = Uint8Array.from([...Array(10).fill(0), 1, 1, 0, 0]);
    const palette: Rgb[] = [
      [0, 0, 0],
      [255, 255, 255],
    ];
    expect(sixelPicture({ width: 14, height: 1, palette, indices })).toBe(
      '\u001bP0;1;0q"1;1;14;1#0;2;0;0;0#1;2;100;100;100#0!10@??@@$#1!10?@@\u001b\\',
    );
  });
});

describe('quantise', () => {
  test('should keep all colours where they are few enough', () => {
    fc.assert(
      fc.property(indexed, ({ width, height, palette, indices }) => {
        const pixels = Uint8Array.from([...indices].flatMap((index) => [...palette[index]!]));
        const found = quantise({ pixels, shape: [1, height, width, 3] }, 256);
        expect(Uint8Array.from([...found.indices].flatMap((index) => [...found.palette[index]!]))).toEqual(
          pixels,
        );
      }),
    );
  });

  test.each([2, 16, 256])(
    'should come close to a picture in %s colours, on average over some pixels',
    (most) => {
      const [width, height] = [64, 48];
      const image = gradient(width, height);
      const { palette, indices } = quantise(image, most);
      expect(palette.length).toBeLessThanOrEqual(most);
      let farthest = 0;
      for (let y = 0; y < height; y += 8) {
        for (let x = 0; x < width; x += 8) {
          for (let c = 0; c < 3; c += 1) {
            let difference = 0;
            for (let i = 0; i < 64; i += 1) {
              const at = (y + (i >> 3)) * width + x + (i & 7);
              difference += palette[indices[at]!]![c]! - image.pixels[3 * at + c]!;
            }
            farthest = Math.max(farthest, Math.abs(difference / 64));
          }
        }
      }
      expect(farthest).toBeLessThan({ 2: 130, 16: 40, 256: 6 }[most]!);
    },
  );
});
