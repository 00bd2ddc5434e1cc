import { describe, expect, test } from '@jest/globals';
import { NEVER, of, Subject, throwError } from 'rxjs';
import type { ImageBatch } from '../../../src/base/plainData.js';
import { cherryPick } from '../../../src/streams/sampling/cherryPick.js';
import { showCherry } from '../../../src/ui/cherry/showCherry.js';
import { eventually } from '../../support/eventually.js';
import { createTestTerminal, type TestTerminal } from '../../support/terminal.js';

/** Nine images of four by four; the grey of each tells which it is. */
const batchOf = (batch: number): ImageBatch => ({
  pixels: Uint8Array.from({ length: 9 * 48 }, (_, i) => 20 * batch + Math.floor(i / 48)),
  shape: [9, 4, 4, 3],
});

function show(keep: number, columns = 80, rows = 24) {
  const terminal = createTestTerminal(columns, rows);
  const ended = showCherry((choices$) => cherryPick((i) => of(batchOf(i)), choices$, { keep }), terminal);
  return { terminal, ended, press: presser(terminal) };
}

/** Presses keys when there is a picture to see, and gives what the screen shows when it shows all that is wanted. */
const presser =
  (terminal: TestTerminal) =>
  async (keys: string, ...wanted: readonly (string | RegExp)[]): Promise<string> => {
    await terminal.shows(/▀|help/);
    terminal.press(keys);
    return terminal.shows(...wanted);
  };

describe('showCherry', () => {
  test('should pick over batches, put in order with a preview, and give the chosen images', async () => {
    const { ended, press, terminal } = show(3);
    await press('', /batch 1: 0 of 3 picked/);
    await press('25', /2 of 3 picked/);
    await press('0', /batch 2: 2 of 3/);
    await press('9', 'order: 0 of 3', /1: 2 of 1.*2: 5 of 1.*3: 9 of 2/);
    await press('\r', '0 of 3 placed');
    await press('31', /3: 9 of 2 ✓/);
    await press('2', '3 of 3 placed');
    await press('\r');
    const last = await ended;
    expect(last?.order).toEqual([3, 1, 2]);
    expect([...(last?.chosen?.pixels ?? [])].filter((_, i) => i % 48 === 0)).toEqual([28, 1, 4]);
    expect(await terminal.alternate()).toBe(false);
  });

  test.each([
    [60, 20],
    [80, 24],
    [200, 60],
  ])('should show pictures, numbers and keys at %s x %s', async (columns, rows) => {
    const { ended, press } = show(9, columns, rows);
    const keys = /1-9 pick\/unpick {2}0 next batch {2}u undo(.|\n)* z larger(.|\n)* q quit\s+\? help$/m;
    const screen = await press('4', '4 ✓', keys, /(▀▀.*\n?.*){9}/);
    for (let i = 1; i <= 9; i++) expect(screen).toMatch(new RegExp(`(^| )${i}( |$)`, 'm'));
    await press('\u0003');
    expect(await ended).toBeNull();
  });

  /** Of 32 by 32 pixels. */
  const large = { pixels: new Uint8Array(9 * 32 * 32 * 3).fill(99), shape: [9, 32, 32, 3] } as const;
  const showLarge = (columns: number, rows: number) => {
    const terminal = createTestTerminal(columns, rows);
    const ended = showCherry((choices$) => cherryPick(() => of(large), choices$), terminal);
    const press = presser(terminal);
    const widest = async () => Math.max(...(await terminal.screen()).map(widestRun));
    return { ended, press, terminal, widest };
  };
  /** Cells of the widest picture in a line. */
  const widestRun = (line: string) => Math.max(0, ...(line.match(/▀+/g) ?? []).map((run) => run.length));

  test('should show pictures large enough to choose by at 80 x 24, page by page, and larger ones at z', async () => {
    const { ended, press, widest } = showLarge(80, 24);
    await press('', '[ 1 2 3 ] 4 5 6 7 8 9');
    await eventually(async () => expect(await widest()).toBeGreaterThanOrEqual(24));
    await press('\u001b[C', '1 2 3 [ 4 5 6 ] 7 8 9');
    await press('\u001b[D\u001b[D', '1 2 3 4 5 6 [ 7 8 9 ]');
    await press('5', '[ 4 5 ✓ 6 ]');
    await press('z', /\[ 5 ✓ \](.|\n)* z smaller/);
    await eventually(async () => expect(await widest()).toBeGreaterThanOrEqual(32));
    await press('z', 'z larger');
    await eventually(async () => expect(await widest()).toBeLessThan(18));
    await press('\u0003');
    expect(await ended).toBeNull();
  });

  test.each([
    [1, 1],
    [5, 24],
    [30, 6],
    [40, 12],
    [300, 100],
  ])('should draw something of the state at %s x %s, and take keys', async (columns, rows) => {
    const { ended, terminal } = showLarge(columns, rows);
    await terminal.shows(/\S/);
    terminal.press('1');
    await terminal.shows(/\S/);
    terminal.press('\u0003');
    expect(await ended).toBeNull();
  });

  test('should take picks and places back', async () => {
    const { ended, press } = show(2);
    await press('1', '1 of 2 picked');
    await press('1', '0 of 2 picked');
    await press('12', '0 of 2 placed');
    await press('1', '1 of 2 placed');
    await press('u', '0 of 2 placed');
    await press('u', '1 of 2 picked');
    await press('uuuu', 'there is no pick to undo');
    await press('q');
    expect(await ended).toBeNull();
  });

  test('should explain its keys, those of picking and those of ordering, until any key', async () => {
    const { ended, press } = show(2, 60, 20);
    await press('?', /keys \(press any key to close\)(.|\n)*0 +show the next batch/);
    await press('1', /0 of 2 picked(.|\n)*▀/);
    await press('12?', /1-2 +put this pick(.|\n)*enter +save the grid(.|\n)*q +quit/);
    await press('\r', / 1-2 place\/remove {2}u undo {2}enter save(.|\n)* q quit\s+\? help$/m);
    await press('\u0003');
    expect(await ended).toBeNull();
  });

  test('should take no pick for images that nobody has seen', async () => {
    const terminal = createTestTerminal();
    const second$ = new Subject<ImageBatch>();
    const batches = [of(batchOf(0)), second$];
    const ended = showCherry(
      (choices$) => cherryPick((i) => batches[i] ?? NEVER, choices$, { keep: 3 }),
      terminal,
    );
    await terminal.shows('batch 1: 0 of 3 picked');
    terminal.press('105u');
    await terminal.shows(/1 of 3 picked(.|\n)*sampling the next batch/);
    second$.next(batchOf(1));
    second$.complete();
    await terminal.shows('batch 2: 1 of 3 picked');
    terminal.press('5');
    await terminal.shows('2 of 3 picked');
    terminal.press('\u0003');
    expect(await ended).toBeNull();
  });

  test('should do what keys mean that come at once, one behind the other', async () => {
    const { ended, press } = show(9);
    await press('1q', 'quit without saving 1 pick?');
    await press('y');
    expect(await ended).toBeNull();
    const ordering = show(2);
    await ordering.press('1221', '2 of 2 placed');
    await ordering.press('qy');
    expect(await ordering.ended).toBeNull();
  });

  test('should ask before picks are lost', async () => {
    const { ended, press } = show(9);
    await press('1', '1 of 9 picked');
    await press('q', 'quit without saving 1 pick?');
    await press('n', /^(?!.*quit without saving)/s);
    await press('q', 'quit without saving 1 pick?');
    await press('y');
    expect(await ended).toBeNull();
  });

  test('should say that a batch is being made, and pass an error', async () => {
    const terminal = createTestTerminal();
    const waiting = showCherry((choices$) => cherryPick(() => NEVER, choices$), terminal);
    await terminal.shows('sampling the next batch');
    terminal.press('q');
    expect(await waiting).toBeNull();
    const failing = showCherry(() => throwError(() => new Error('no model')), createTestTerminal());
    await expect(failing).rejects.toThrow('no model');
  });
});
