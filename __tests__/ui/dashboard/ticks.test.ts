import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { logarithmicTicks, tickLabels, ticks } from '../../../src/ui/dashboard/ticks.js';

describe('ticks', () => {
  test.each([
    [0, 99, 5, [0, 20, 40, 60, 80]],
    [4.03, 5.21, 4, [4.5, 5]],
    [-0.3, 0.31, 4, [-0.2, 0, 0.2]],
    [12_345, 67_890, 3, [20_000, 40_000, 60_000]],
    [7, 7, 3, [7]],
  ])('should be round between %s and %s, at most %s', (low, high, most, expected) => {
    expect(ticks(low, high, most)).toEqual(expected);
  });

  test('should be 1, 2 or 5 times a power of ten apart, within the range, and not too many', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(value, value, fc.integer({ min: 2, max: 20 }), (a, b, most) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        fc.pre(high - low > 1e-6 * Math.abs(high) && high - low > 1e-9);
        const values = ticks(low, high, most);
        expect(values.length).toBeLessThanOrEqual(Math.max(6, most + 1));
        for (const each of values) {
          expect(each).toBeGreaterThanOrEqual(low - 1e-8 * (high - low));
          expect(each).toBeLessThanOrEqual(high + 1e-8 * (high - low));
        }
        if (values.length < 2) return;
        const step = values[1]! - values[0]!;
        expect(step / 10 ** Math.floor(Math.log10(step) + 1e-6)).toBeCloseTo(
          [1, 2, 5].find(
            (each) => Math.abs(step / 10 ** Math.floor(Math.log10(step) + 1e-6) - each) < 0.01,
          ) ?? 0,
        );
      }),
    );
  });

  test('should be steps of a clock where it is time', () => {
    expect(ticks(0, 100, 4, 'seconds')).toEqual([0, 30, 60, 90]);
    expect(ticks(0, 4000, 5, 'seconds')).toEqual([0, 900, 1800, 2700, 3600]);
  });

  test('should be powers of ten on a logarithmic axis, or what is round where there are none', () => {
    expect(logarithmicTicks(3, 4000, 5)).toEqual([10, 100, 1000]);
    expect(logarithmicTicks(0.9, 12, 9)).toEqual([1, 2, 5, 10]);
    expect(logarithmicTicks(410, 490, 4)).toEqual([420, 440, 460, 480]);
  });
});

describe('tickLabels', () => {
  test.each([
    [[0, 20_000, 40_000], 'number', ['0', '20k', '40k']],
    [[0, 2_500_000], 'number', ['0', '2.5M']],
    [[4800, 5000], 'number', ['4,800', '5,000']],
    [[0, 0.5, 1], 'number', ['0', '0.5', '1']],
    [[1e-5, 2e-5], 'number', ['1e-5', '2e-5']],
    [[0, 5e8, 1e9], 'bytes', ['0', '0.5 GB', '1 GB']],
    [[0, 0.2], 'percent', ['0', '20 %']],
    [[0, 0.005], 'seconds', ['0', '5 ms']],
    [[0, 300, 600], 'seconds', ['0', '5 min', '10 min']],
  ] as const)('should write %s as %s in one unit', (values, unit, expected) => {
    expect(tickLabels(values, unit)).toEqual(expected);
  });
});
