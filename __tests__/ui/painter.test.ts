import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createPainter, type Overlay } from '../../src/ui/painter.js';
import type { Bitmap } from '../../src/ui/pictures/bitmap.js';
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
      { numRuns: 40 },
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

  test('should erase before it writes: behind a full line xterm erases its last cell', () => {
    const painter = createPainter();
    for (const letter of 'xy') {
      expect(painter.paint(letter.repeat(columns), rows)).not.toMatch(/[xy].*\[\d*[JKX]/);
    }
  });

  test('should not use up more lines than the screen has', async () => {
    const terminal = createTestTerminal(columns, 3);
    terminal.stdout.write(createPainter().paint('1\n2\n3\n4\n5', 3));
    expect(await terminal.screen()).toEqual(['1', '2', '3']);
  });
});

/** A picture whose sequences can be told apart, and that a terminal in memory passes over. */
const bitmap = (name: string, width = 3, height = 2): Bitmap => ({
  columns: width,
  rows: height,
  draw: (id) => `\u001b_Gdraw ${name} ${id! - 0x6e766165}\u001b\\`,
  erase: (id) => `\u001b_Gerase ${name} ${id - 0x6e766165}\u001b\\`,
});
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are framed by
const drawings = (written: string) => [...written.matchAll(/\u001b_G([^\u001b]*)/g)].map(([, text]) => text);
const empty = ['title      .', '           .', '           .', 'below'];
const frameOf = (...lines: string[]) => lines.join('\n');

describe('createPainter with overlays', () => {
  test('should show text over the frame as it would without a frame before, whatever changes', async () => {
    const overlay = fc.record({
      row: fc.integer({ min: 0, max: rows }),
      column: fc.integer({ min: 0, max: columns - 1 }),
      lines: fc.array(line, { maxLength: 3 }),
      width: fc.integer({ min: 1, max: columns }),
    });
    const state = fc.record({ text: frame, overlays: fc.array(overlay, { maxLength: 2 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 4 }), async (states) => {
        const given = states.map(({ text, overlays }) => ({
          text,
          overlays: overlays.map(({ row, column, lines, width }): Overlay => {
            const free = Math.min(width, columns - column);
            return { row, column, columns: free, lines: lines.map((each) => each.slice(0, free)) };
          }),
        }));
        const terminal = createTestTerminal(columns, rows);
        const painter = createPainter();
        for (const { text, overlays } of given) terminal.stdout.write(painter.paint(text, rows, overlays));
        const fresh = createTestTerminal(columns, rows);
        const last = given.at(-1)!;
        fresh.stdout.write(createPainter().paint(last.text, rows, last.overlays));
        expect(await terminal.screen()).toEqual(await fresh.screen());
      }),
      { numRuns: 40 },
    );
  });

  test('should write only the lines of text that have changed, and not what is around them', () => {
    const painter = createPainter();
    const over = (...lines: string[]) => [{ row: 1, column: 2, columns: 4, lines }];
    painter.paint(frameOf(...empty), rows, over('one', 'two'));
    const change = painter.paint(frameOf(...empty), rows, over('one', 'too'));
    expect(change).toContain('\u001b[3;3H');
    expect(change).toContain('too');
    expect(change).not.toMatch(/one|\.|title/);
    const around = painter.paint(frameOf('title      .', '|', ...empty.slice(2)), rows, over('one', 'too'));
    expect(around).not.toMatch(/one|too/);
  });

  test('should draw a picture once, behind the text of its lines', () => {
    const painter = createPainter();
    const picture = [{ row: 1, column: 2, bitmap: bitmap('a') }];
    const first = painter.paint(frameOf(...empty), rows, picture);
    expect(drawings(first)).toEqual(['draw a 0']);
    expect(first.indexOf('draw a')).toBeGreaterThan(first.indexOf('below'));
    expect(first).toContain('\u001b[2;3H\u001b_Gdraw a');
    expect(painter.paint(frameOf(...empty), rows, picture)).toBe('');
    // Text beside, above and below it.
    const beside = painter.paint(frameOf('TITLE', '|          !', '           .', 'BELOW'), rows, picture);
    expect(beside).toContain('BELOW');
    expect(drawings(beside)).toEqual([]);
  });

  test('should never write or erase the cells of a picture that stays', async () => {
    const terminal = createTestTerminal(columns, rows);
    const painter = createPainter();
    const picture = [{ row: 1, column: 2, bitmap: bitmap('a') }];
    terminal.stdout.write(painter.paint(frameOf(...empty), rows, picture));
    // Stands for what the terminal shows there.
    terminal.stdout.write('\u001b[2;3HXXX\u001b[3;3HXXX');
    for (const text of [
      frameOf('t', '|', '|', 'b'),
      frameOf('t', '|          .', ' ', 'b'),
      frameOf(...empty),
    ])
      terminal.stdout.write(painter.paint(text, rows, picture));
    expect((await terminal.screen()).slice(0, 4)).toEqual([
      'title      .',
      '  XXX      .',
      '  XXX      .',
      'below',
    ]);
  });

  test('should replace a picture, with nothing of the one before in its cells', async () => {
    const terminal = createTestTerminal(columns, rows);
    const painter = createPainter();
    terminal.stdout.write(
      painter.paint(frameOf(...empty), rows, [{ row: 1, column: 2, bitmap: bitmap('a') }]),
    );
    terminal.stdout.write('\u001b[2;3HXXX\u001b[3;3HXXX');
    terminal.written();
    const change = painter.paint(frameOf(...empty), rows, [{ row: 1, column: 2, bitmap: bitmap('b') }]);
    expect(drawings(change)).toEqual(['erase a 0', 'draw b 1']);
    expect(change).not.toMatch(/title|below|\./);
    terminal.stdout.write(change);
    expect((await terminal.screen())[1]).toBe('           .');
  });

  test('should take a picture away that is gone, and write its cells', async () => {
    const terminal = createTestTerminal(columns, rows);
    const painter = createPainter();
    terminal.stdout.write(
      painter.paint(frameOf(...empty), rows, [{ row: 1, column: 2, bitmap: bitmap('a') }]),
    );
    terminal.stdout.write('\u001b[2;3HXXX\u001b[3;3HXXX');
    const change = painter.paint(frameOf(...empty), rows);
    expect(drawings(change)).toEqual(['erase a 0']);
    terminal.stdout.write(change);
    expect((await terminal.screen()).slice(0, 4)).toEqual(empty);
  });

  test('should draw a picture again beside which another has come or gone, under its name', () => {
    const painter = createPainter();
    const left: Overlay = { row: 1, column: 0, bitmap: bitmap('a') };
    const right: Overlay = { row: 2, column: 4, bitmap: bitmap('b') };
    painter.paint(frameOf(...empty), rows, [left]);
    expect(drawings(painter.paint(frameOf(...empty), rows, [left, right]))).toEqual(['draw a 0', 'draw b 1']);
    expect(drawings(painter.paint(frameOf(...empty), rows, [left]))).toEqual(['erase b 1', 'draw a 0']);
  });

  test('should not draw a picture that reaches below the screen', () => {
    const painter = createPainter();
    const picture: Overlay = { row: 3, column: 0, bitmap: bitmap('a') };
    expect(drawings(painter.paint(frameOf(...empty), rows, [picture]))).toEqual([]);
    expect(drawings(painter.paint(frameOf(...empty, 'more'), rows, [picture]))).toEqual(['draw a 0']);
    expect(drawings(painter.paint(frameOf(...empty, 'more'), 4, [picture]))).toEqual(['erase a 0']);
  });

  test('should draw all again on a screen that is not known any more, and wipe what it has drawn', () => {
    const painter = createPainter();
    const picture: Overlay = { row: 1, column: 2, bitmap: bitmap('a') };
    painter.paint(frameOf(...empty), rows, [picture]);
    painter.forget();
    expect(drawings(painter.paint(frameOf(...empty), rows, [picture]))).toEqual(['erase a 0', 'draw a 1']);
    expect(drawings(painter.wipe())).toEqual(['erase a 1']);
    expect(painter.wipe()).toBe('');
  });
});
