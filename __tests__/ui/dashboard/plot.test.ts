import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PlotPart, type PlotRow, plot } from '../../../src/ui/dashboard/plot.js';

const textOf = (row: PlotRow) => row.map(({ text }) => text).join('');
const partOf = (wanted: PlotPart, rows: readonly PlotRow[]) =>
  rows.map((row) => row.map(({ part, text }) => (part === wanted ? text : ' '.repeat(text.length))).join(''));
const line = (rows: readonly PlotRow[]) => partOf('line', rows);

describe('plot', () => {
  test('should fill the space exactly, whatever the values', () => {
    const sample = fc.record({ x: fc.nat(), y: fc.double() });
    const series = fc.array(sample).map((samples) => [...samples].sort((a, b) => a.x - b.x));
    const size = { columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) };
    fc.assert(
      fc.property(
        series,
        fc.record({ ...size, logarithmic: fc.boolean(), other: series, marks: series }),
        (samples, options) => {
          const rows = plot(samples, options);
          expect(rows).toHaveLength(options.rows);
          for (const row of rows) expect(textOf(row)).toHaveLength(options.columns);
        },
      ),
    );
  });

  test('should draw a falling line from the upper left to the lower right', () => {
    const samples = Array.from({ length: 100 }, (_, x) => ({ x, y: 1000 - x }));
    const rows = line(plot(samples, { columns: 40, rows: 11 }));
    expect(rows[0]?.trim()).not.toBe('');
    expect(rows[0]?.search(/\S/)).toBeLessThan(12);
    expect(rows[8]?.trimEnd()).toHaveLength(40);
    const texts = plot(samples, { columns: 40, rows: 11 }).map(textOf);
    expect(texts[9]).toMatch(/^ +└─*┬─+┬─*$/);
    expect(texts[10]).toMatch(/^ +0 +50 +images$/);
  });

  test('should smooth: a line through noise stays near its mean', () => {
    const samples = Array.from({ length: 1000 }, (_, x) => ({ x, y: x % 2 === 0 ? 0 : 10 }));
    const rows = line(plot(samples, { columns: 60, rows: 22 }));
    const used = rows.flatMap((row, i) => (row.trim() ? [i] : []));
    expect(Math.max(...used) - Math.min(...used)).toBeLessThanOrEqual(6);
    expect(used).toContain(10);
  });

  test('should not let one outlier flatten the rest', () => {
    const samples = Array.from({ length: 200 }, (_, x) => ({ x, y: x === 3 ? 1e9 : 100 - x / 4 }));
    const labels = plot(samples, { columns: 60, rows: 20 }).map(textOf).join('\n');
    expect(labels).not.toMatch(/\d{3},\d{3},\d{3}|\d[GM]/);
  });

  test('should leave out what a logarithmic axis cannot show', () => {
    const samples = [
      { x: 0, y: -1 },
      { x: 1, y: 10 },
      { x: 2, y: 1000 },
    ];
    const rows = plot(samples, { columns: 30, rows: 9, logarithmic: true }).map(textOf);
    expect(rows.at(-1)).toMatch(/1 +images$/);
    expect(rows.join('\n')).toMatch(/1,000┤(.|\n)* 100┤(.|\n)* 10┤/);
  });

  describe('with a second series and marks', () => {
    const falling = Array.from({ length: 100 }, (_, x) => ({ x, y: 1000 - x }));
    const size = { columns: 60, rows: 22 };

    test('should draw the other dashed below the curve, and over all of its x', () => {
      const other = Array.from({ length: 200 }, (_, x) => ({ x, y: 1000 - x / 2 }));
      const rows = plot(falling, { ...size, other });
      const dashes = partOf('other', rows).join('\n');
      expect(dashes).toMatch(/[\u2800-\u28ff]+ +[\u2800-\u28ff]+/);
      // The curve ends in the middle, the other at the right end.
      const ends = (part: PlotPart) => Math.max(...partOf(part, rows).map((row) => row.trimEnd().length));
      expect(ends('line')).toBeLessThan(37);
      expect(ends('other')).toBeGreaterThanOrEqual(57);
    });

    test('should draw each mark, above the curve', () => {
      const marks = [10, 50, 90].map((x) => ({ x, y: 1000 - x }));
      const rows = partOf('marks', plot(falling, { ...size, marks }));
      expect(rows.join('').match(/\S/g)).toEqual(['o', 'o', 'o']);
      const columns = rows.flatMap((row) => (row.trim() ? [row.search(/\S/)] : []));
      expect(columns).toEqual([...columns].sort((a, b) => a - b));
    });

    test('should not let marks far away flatten the curve, and say on which side they lie', () => {
      const marks = [
        { x: 20, y: 1e9 },
        { x: 40, y: -1e9 },
      ];
      const rows = plot(falling, { ...size, marks });
      expect(partOf('marks', rows)[0]?.trim()).toBe('^');
      expect(partOf('marks', rows).at(-3)?.trim()).toBe('v');
      const used = line(rows).filter((row) => row.trim() !== '').length;
      expect(used).toBeGreaterThanOrEqual(6);
    });

    test('should be the same as without, where there are none', () => {
      expect(plot(falling, { ...size, other: [], marks: [] })).toEqual(plot(falling, size));
    });
  });
});
