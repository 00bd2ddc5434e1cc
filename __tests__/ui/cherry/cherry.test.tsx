import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { NEVER, of, Subject, throwError } from 'rxjs';
import type { ImageBatch } from '../../../src/base/plainData.js';
import { cherryPick } from '../../../src/streams/sampling/cherryPick.js';
import { showCherry } from '../../../src/ui/cherry/showCherry.js';
import { createTestTerminal } from '../../support/terminal.js';

/** Nine images of four by four; the grey of each tells which it is. */
const batchOf = (batch: number): ImageBatch => ({
  pixels: Uint8Array.from({ length: 9 * 48 }, (_, i) => 20 * batch + Math.floor(i / 48)),
  shape: [9, 4, 4, 3],
});

function show(keep: number, columns = 80, rows = 24) {
  const terminal = createTestTerminal(columns, rows);
  const ended = showCherry((choices$) => cherryPick((i) => of(batchOf(i)), choices$, { keep }), terminal);
  const press = async (...keys: string[]) => {
    while (!(await terminal.screen())[0]?.trim()) await setTimeout(10);
    for (const key of keys) {
      terminal.press(key);
      await setTimeout(50);
    }
    return (await terminal.screen()).join('\n');
  };
  return { terminal, ended, press };
}

describe('showCherry', () => {
  test('should pick over batches, put in order with a preview, and give the chosen images', async () => {
    const { ended, press, terminal } = show(3);
    expect(await press('')).toMatch(/batch 1: 0 of 3 picked/);
    expect(await press('2', '5')).toMatch(/2 of 3 picked/);
    expect(await press('0')).toMatch(/batch 2: 2 of 3/);
    const ordering = await press('9');
    expect(ordering).toContain('order: 0 of 3');
    expect(ordering).toMatch(/1: 2 of 1.*2: 5 of 1.*3: 9 of 2/);
    expect(await press('\r')).toContain('0 of 3 placed');
    expect(await press('3', '1')).toMatch(/3: 9 of 2 ✓/);
    await press('2', '\r');
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
    const screen = await press('4');
    expect(screen.match(/▀▀/g)?.length).toBeGreaterThanOrEqual(9);
    for (let i = 1; i <= 9; i++) expect(screen).toMatch(new RegExp(`(^| )${i}( |$)`, 'm'));
    expect(screen).toContain('4 ✓');
    expect(screen).toMatch(
      /1-9 pick\/unpick {2}0 next batch {2}u undo(.|\n)* z larger(.|\n)* q quit\s+\? help$/m,
    );
    await press('\u0003');
    expect(await ended).toBeNull();
  });

  /** Of 32 by 32 pixels. */
  const large = { pixels: new Uint8Array(9 * 32 * 32 * 3).fill(99), shape: [9, 32, 32, 3] } as const;
  const showLarge = async (columns: number, rows: number) => {
    const terminal = createTestTerminal(columns, rows);
    const ended = showCherry((choices$) => cherryPick(() => of(large), choices$), terminal);
    const press = async (...keys: string[]) => {
      for (const key of keys) {
        terminal.press(key);
        await setTimeout(30);
      }
      const screen = await terminal.screen();
      return { screen: screen.join('\n'), widest: Math.max(...screen.map(widestRun)), lines: screen.length };
    };
    await setTimeout(50);
    return { ended, press };
  };
  /** Cells of the widest picture in a line. */
  const widestRun = (line: string) => Math.max(0, ...(line.match(/▀+/g) ?? []).map((run) => run.length));

  test('should show pictures large enough to choose by at 80 x 24, page by page, and larger ones at z', async () => {
    const { ended, press } = await showLarge(80, 24);
    const first = await press();
    expect(first.widest).toBeGreaterThanOrEqual(24);
    expect(first.screen).toContain('[ 1 2 3 ] 4 5 6 7 8 9');
    expect((await press('\u001b[C')).screen).toContain('1 2 3 [ 4 5 6 ] 7 8 9');
    expect((await press('\u001b[D', '\u001b[D')).screen).toContain('1 2 3 4 5 6 [ 7 8 9 ]');
    expect((await press('5')).screen).toContain('[ 4 5 ✓ 6 ]');
    const single = await press('z');
    expect(single.widest).toBeGreaterThanOrEqual(32);
    expect(single.screen).toMatch(/\[ 5 ✓ \](.|\n)* z smaller/);
    expect((await press('z')).widest).toBeLessThan(18);
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
    const { ended, press } = await showLarge(columns, rows);
    expect((await press('1')).screen.trim()).not.toBe('');
    await press('\u0003');
    expect(await ended).toBeNull();
  });

  test('should take picks and places back', async () => {
    const { ended, press } = show(2);
    expect(await press('1', '1')).toContain('0 of 2 picked');
    expect(await press('1', '2', '1', 'u')).toContain('0 of 2 placed');
    expect(await press('u')).toContain('1 of 2 picked');
    expect(await press('u', 'u', 'u', 'u')).toContain('there is no pick to undo');
    await press('q');
    expect(await ended).toBeNull();
  });

  test('should explain its keys, those of picking and those of ordering, until any key', async () => {
    const { ended, press } = show(2, 60, 20);
    const picking = await press('?');
    expect(picking).toMatch(/keys \(press any key to close\)(.|\n)*0 +show the next batch/);
    expect(await press('1')).toMatch(/0 of 2 picked(.|\n)*▀/);
    const ordering = await press('1', '2', '?');
    expect(ordering).toMatch(/1-2 +put this pick(.|\n)*enter +save the grid(.|\n)*q +quit/);
    expect(await press('\r')).toMatch(/ 1-2 place\/remove {2}u undo {2}enter save(.|\n)* q quit\s+\? help$/m);
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
    await setTimeout(50);
    for (const key of ['1', '0', '5', 'u']) terminal.press(key);
    await setTimeout(50);
    expect((await terminal.screen()).join('\n')).toMatch(/1 of 3 picked(.|\n)*sampling the next batch/);
    second$.next(batchOf(1));
    second$.complete();
    await setTimeout(50);
    expect((await terminal.screen()).join('\n')).toContain('batch 2: 1 of 3 picked');
    terminal.press('5');
    await setTimeout(50);
    expect((await terminal.screen()).join('\n')).toContain('2 of 3 picked');
    terminal.press('\u0003');
    expect(await ended).toBeNull();
  });

  test('should do what keys mean that come at once, one behind the other', async () => {
    const { ended, press } = show(9);
    expect(await press('1q')).toContain('quit without saving 1 pick?');
    await press('y');
    expect(await ended).toBeNull();
    const ordering = show(2);
    expect(await ordering.press('1221')).toContain('2 of 2 placed');
    await ordering.press('qy');
    expect(await ordering.ended).toBeNull();
  });

  test('should ask before picks are lost', async () => {
    const { ended, press } = show(9);
    expect(await press('1', 'q')).toContain('quit without saving 1 pick?');
    expect(await press('n')).not.toContain('leave without');
    await press('q', 'y');
    expect(await ended).toBeNull();
  });

  test('should say that a batch is being made, and pass an error', async () => {
    const terminal = createTestTerminal();
    const waiting = showCherry((choices$) => cherryPick(() => NEVER, choices$), terminal);
    await setTimeout(50);
    expect((await terminal.screen()).join('\n')).toContain('sampling the next batch');
    terminal.press('q');
    expect(await waiting).toBeNull();
    const failing = showCherry(() => throwError(() => new Error('no model')), createTestTerminal());
    await expect(failing).rejects.toThrow('no model');
  });
});
