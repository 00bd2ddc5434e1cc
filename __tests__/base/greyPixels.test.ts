import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { colourPixels } from '../../src/base/colourPixels.js';
import { greyPixels } from '../../src/base/greyPixels.js';

const byte = fc.integer({ min: 0, max: 255 });
const all = Uint8Array.from({ length: 256 }, (_, value) => value);

describe('greyPixels', () => {
  test('should be the luma of known colours', () => {
    // by 0.299, 0.587 and 0.114, worked out by hand
    const known = [
      [255, 0, 0, 76],
      [0, 255, 0, 150],
      [0, 0, 255, 29],
      [255, 255, 0, 226],
      [12, 200, 99, 132],
      [1, 1, 0, 1],
    ];
    for (const [red = 0, green = 0, blue = 0, grey = 0] of known) {
      expect([...greyPixels(Uint8Array.of(red, green, blue))]).toEqual([grey]);
    }
  });

  test('should be the rounded sum of the weighted colours, for each pixel', () => {
    const colours = fc.array(fc.tuple(byte, byte, byte), { maxLength: 30 });
    fc.assert(
      fc.property(colours, (pixels) => {
        const greys = greyPixels(Uint8Array.from(pixels.flat()));
        expect(greys).toHaveLength(pixels.length);
        for (const [i, [red, green, blue]] of pixels.entries()) {
          const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
          // the integer weights are rounded to 2^-16
          expect(Math.abs((greys[i] ?? -1) - luma)).toBeLessThan(0.51);
        }
      }),
    );
  });

  test('should undo colourPixels, so that grey stays exactly as it is', () => {
    const colours = colourPixels(all);
    expect(colours.every((value, i) => value === Math.floor(i / 3))).toBe(true);
    expect(greyPixels(colours)).toEqual(all);
  });
});
