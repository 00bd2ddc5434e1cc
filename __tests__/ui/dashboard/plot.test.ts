import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PlotRow, plot } from '../../../src/ui/dashboard/plot.js';

const textOf = (row: PlotRow) => row.map(({ text }) => text).join('');
const line = (rows: readonly PlotRow[]) =>
  rows.map((row) => row.map(({ part, text }) => (part === 'line' ? text : ' '.repeat(text.length))).join(''));

describe('plot', () => {
  test('should fill the space exactly, whatever the values', () => {
    const sample = fc.record({ x: fc.nat(), y: fc.double() });
    const size = { columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) };
    fc.assert(
      fc.property(fc.array(sample), fc.record({ ...size, logarithmic: fc.boolean() }), (samples, options) => {
        const ordered = [...samples].sort((a, b) => a.x - b.x);
        const rows = plot(ordered, options);
        expect(rows).toHaveLength(options.rows);
        for (const row of rows) expect(textOf(row)).toHaveLength(options.columns);
      }),
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
});
