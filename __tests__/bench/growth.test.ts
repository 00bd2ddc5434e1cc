import { describe, expect, test } from '@jest/globals';
import { lineThrough } from '../../bench/growth/line.js';
import { allSeries } from '../../bench/growth/series.js';
import { type Measured, rowsOf } from '../../bench/growth/table.js';
import { loadConfig } from '../../src/config/loadConfig.js';

function measured(units: number, min: number): Measured {
  return { units, min, median: 2 * min, peakBytes: 2e9 };
}

describe('bench:growth', () => {
  test('should find the line through times that lie on one', () => {
    const points = [1, 2, 8, 32].map((units) => ({ units, seconds: 0.5 + 0.25 * units }));
    const { fixed, perUnit } = lineThrough(points);
    expect(fixed).toBeCloseTo(0.5, 10);
    expect(perUnit).toBeCloseTo(0.25, 10);
  });

  test('should weigh errors by the times', () => {
    // All lie off the line 1 + x by the same percentage, up and down in turns of equal weight.
    const { fixed, perUnit } = lineThrough([
      { units: 0, seconds: 1.01 },
      { units: 0, seconds: 1 / 1.01 },
      { units: 99, seconds: 101 },
      { units: 99, seconds: 100 / 1.01 },
    ]);
    expect(fixed).toBeCloseTo(1, 3);
    expect(perUnit).toBeCloseTo(1, 2);
  });

  test('should print the time per unit, and how far each time is off the line', () => {
    const rows = rowsOf({ name: 'batch', unit: 'image', measured: [measured(2, 0.2), measured(4, 0.3)] });
    expect(rows[0]).toMatch(/batch +min ms +median ms +ms.unit/);
    expect(rows[1]).toMatch(/^ +2 +200\.0 +400\.0 +100\.00 +-?0\.0 % +2\.00 GB$/);
    expect(rows[2]).toMatch(/^ +4 +300\.0 +600\.0 +75\.00 +-?0\.0 % +2\.00 GB$/);
    expect(rows[3]).toBe('line: 100.0 ms + 50.00 ms per image');
  });

  test('should measure configurations that are valid, and no batch above the limit', async () => {
    const all = allSeries(8, 4, 16);
    for (const { points } of all) {
      for (const { set } of points) await loadConfig('logistic_mixture10latent', { overrides: set });
    }
    expect(all.map(({ points }) => points.map(({ units }) => units))).toEqual([
      [2, 4, 8, 16],
      [4, 8, 16, 28, 40],
      [8.192, 32.768, 131.072],
    ]);
  });
});
