import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sharpOf, terminalPicture } from '../../../src/ui/pictures/bitmap.js';
import { trueColourBlocks } from '../../../src/ui/pictures/pictureSupport.js';
import { printedSpace } from '../../../src/ui/pictures/printedSpace.js';

const side = fc.integer({ min: 1, max: 400 });

describe('printedSpace', () => {
  test('should leave the top of a picture and the lines after it on the screen, whatever its size', () => {
    const kind = fc.constantFrom('blocks', 'kitty', 'iterm', 'sixel');
    const screen = fc.record({ columns: side, rows: side });
    fc.assert(
      fc.property(side, side, screen, kind, (width, height, size, of) => {
        const space = printedSpace({ width, height }, size, { ...trueColourBlocks, kind: of });
        expect(space.rows).toBeLessThanOrEqual(Math.max(1, size.rows - 2));
        expect(space.columns).toBeLessThanOrEqual(size.columns);
        expect(Math.min(space.rows, space.columns)).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  test('should show the whole of a grid that is higher than the screen', async () => {
    const shape = [1, 96, 96, 3] as const;
    const picture = { pixels: new Uint8Array(96 * 96 * 3), shape };
    const [width, height] = [96, 96];
    const space = printedSpace({ width, height }, { columns: 80, rows: 24 }, trueColourBlocks);
    const lines = await terminalPicture(sharpOf(picture), { width, height }, space, trueColourBlocks);
    expect(lines).toHaveLength(22);
  });
});
