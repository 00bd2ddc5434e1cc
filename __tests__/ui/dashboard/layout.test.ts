import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { layoutOf } from '../../../src/ui/dashboard/layout.js';
import { panes } from '../../../src/ui/dashboard/screenState.js';

const sizes = fc.record({
  columns: fc.integer({ min: 30, max: 300 }),
  rows: fc.integer({ min: 10, max: 100 }),
});
const options = fc.record({
  groups: fc.integer({ min: 1, max: 40 }),
  terms: fc.integer({ min: 4, max: 5 }),
  pane: fc.constantFrom(null, ...panes),
  keys: fc.integer({ min: 1, max: 5 }),
  notice: fc.integer({ min: 0, max: 3 }),
});

describe('layoutOf', () => {
  test('should use the screen but its last line, and no more, at every size, with a notice and without', () => {
    fc.assert(
      fc.property(sizes, options, (size, given) => {
        const { stacks = [], headerRows, logRows, keyRows, noticeRows } = layoutOf(size, given)!;
        const widths = stacks.map((parts) => Math.max(...parts.map(({ columns }) => columns)));
        expect(widths.reduce((sum, width) => sum + width, 0)).toBe(size.columns);
        for (const parts of stacks) {
          const fixed = headerRows + logRows + keyRows + noticeRows;
          const used = parts.reduce((sum, { rows }) => sum + rows, fixed);
          expect(used).toBeLessThanOrEqual(size.rows - 1);
          expect(used).toBeGreaterThanOrEqual(size.rows - 3);
          for (const { rows } of parts) expect(rows).toBeGreaterThan(2);
        }
        expect(noticeRows).toBeGreaterThanOrEqual(Math.min(1, given.notice));
      }),
    );
  });

  test('should not move the parts for a notice where there are lines of the log or more than one of keys', () => {
    fc.assert(
      fc.property(sizes, options, (size, given) => {
        const [without, one] = [0, 1].map((notice) => layoutOf(size, { ...given, notice })!);
        if (without!.logRows + without!.keyRows > 1) expect(one!.stacks).toEqual(without!.stacks);
      }),
    );
  });

  test('should always show the curve first, with room for it, and pictures where there is room', () => {
    fc.assert(
      fc.property(sizes, options, (size, given) => {
        const { stacks = [] } = layoutOf(size, { ...given, pane: null, notice: 0 })!;
        expect(stacks[0]?.[0]).toMatchObject({ name: 'curve' });
        expect(stacks[0]?.[0]?.rows).toBeGreaterThanOrEqual(size.rows < 16 ? 3 : 6);
        const names = stacks.flat().map(({ name }) => name);
        if (size.columns >= 90 && size.rows >= 30) expect(names).toContain('samples');
      }),
    );
  });

  test('should have no parts where there is no room for one', () => {
    for (const [columns, rows] of [
      [1, 1],
      [5, 24],
      [29, 60],
      [200, 9],
    ] as const)
      expect(layoutOf({ columns, rows }, { groups: 2, terms: 4, pane: null, keys: 2, notice: 0 })).toBeNull();
  });
});
