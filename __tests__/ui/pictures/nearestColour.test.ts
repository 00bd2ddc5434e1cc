import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nearestOf16, nearestOf256, type Rgb } from '../../../src/ui/pictures/nearestColour.js';

const byte = fc.integer({ min: 0, max: 255 });

/** xterm's 256 colours, as its source makes them. */
const table = Array.from({ length: 240 }, (_, i): Rgb => {
  if (i >= 216) return [8 + 10 * (i - 216), 8 + 10 * (i - 216), 8 + 10 * (i - 216)];
  const level = (step: number) => (step === 0 ? 0 : 55 + 40 * step);
  return [level(Math.floor(i / 36)), level(Math.floor(i / 6) % 6), level(i % 6)];
});
const distance = (a: Rgb, b: Rgb) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

describe('nearestOf256', () => {
  test('should find none that is nearer in the whole table', () => {
    fc.assert(
      fc.property(byte, byte, byte, (...colour) => {
        const found = table[nearestOf256(colour) - 16]!;
        const least = Math.min(...table.map((each) => distance(each, colour)));
        expect(distance(found, colour)).toBe(least);
      }),
    );
  });
});

describe('nearestOf16', () => {
  test.each([
    [[0, 0, 0], 0],
    [[255, 255, 255], 15],
    [[200, 10, 10], 1],
    [[120, 120, 130], 8],
    [[0, 250, 240], 14],
  ] as const)('should take %j for colour %s', (colour, number) => {
    expect(nearestOf16(colour)).toBe(number);
  });
});
