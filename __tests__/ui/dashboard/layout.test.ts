import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { layoutOf } from '../../../src/ui/dashboard/layout.js';
import { panes } from '../../../src/ui/dashboard/screenState.js';

const sizes = fc.record({
  columns: fc.integer({ min: 60, max: 250 }),
  rows: fc.integer({ min: 20, max: 70 }),
});

describe('layoutOf', () => {
  test('should use the screen and no more, at every size and for any number of groups', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(null, ...panes),
        (size, groups, pane) => {
          const { stacks, logRows, keyRows } = layoutOf(size, groups, pane);
          const widths = stacks.map((parts) => Math.max(...parts.map(({ columns }) => columns)));
          expect(widths.reduce((sum, width) => sum + width, 0)).toBe(size.columns);
          for (const parts of stacks) {
            const used = parts.reduce((sum, { rows }) => sum + rows, 2 + logRows + keyRows);
            expect(used).toBeLessThanOrEqual(size.rows);
            expect(used).toBeGreaterThanOrEqual(size.rows - 2);
            for (const { rows } of parts) expect(rows).toBeGreaterThan(2);
          }
        },
      ),
    );
  });

  test('should always show the curve first, with room for it, and pictures where there is room', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 40 }), (size, groups) => {
        const { stacks } = layoutOf(size, groups, null);
        expect(stacks[0]?.[0]).toMatchObject({ name: 'curve' });
        expect(stacks[0]?.[0]?.rows).toBeGreaterThanOrEqual(6);
        const names = stacks.flat().map(({ name }) => name);
        if (size.columns >= 90 && size.rows >= 30) expect(names).toContain('samples');
      }),
    );
  });
});
