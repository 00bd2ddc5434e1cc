import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPainter } from '../../src/ui/painter.js';
import { createTestTerminal } from '../support/terminal.js';

const [columns, rows] = [12, 6];
const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '█', '▀'), maxLength: columns });
const frame = fc.array(line, { minLength: 1, maxLength: rows + 2 }).map((lines) => lines.join('\n'));

describe('createPainter', () => {
  test('should leave the screen as the last frame says, whatever was before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 5 }), async (frames) => {
        const terminal = createTestTerminal(columns, rows);
        const painter = createPainter();
        for (const each of frames) terminal.stdout.write(painter.paint(each, rows));
        const expected = (frames.at(-1) ?? '').split('\n').slice(0, rows);
        const padded = Array.from({ length: rows }, (_, i) => (expected[i] ?? '').trimEnd());
        expect((await terminal.screen()).map((text) => text.trimEnd())).toEqual(padded);
      }),
      { numRuns: 100 },
    );
  });

  test('should write nothing for the same frame, and one line where one has changed', () => {
    const painter = createPainter();
    painter.paint('one\ntwo\nthree', rows);
    expect(painter.paint('one\ntwo\nthree', rows)).toBe('');
    const change = painter.paint('one\nTWO\nthree', rows);
    expect(change).toContain('\u001b[2;1H');
    expect(change).not.toMatch(/one|three/);
  });

  test('should write the whole frame when what the screen holds is not known any more', () => {
    const painter = createPainter();
    const first = painter.paint('one\ntwo', rows);
    painter.forget();
    expect(painter.paint('one\ntwo', rows)).toBe(first);
  });

  test('should not use up more lines than the screen has', async () => {
    const terminal = createTestTerminal(columns, 3);
    terminal.stdout.write(createPainter().paint('1\n2\n3\n4\n5', 3));
    expect(await terminal.screen()).toEqual(['1', '2', '3']);
  });
});
