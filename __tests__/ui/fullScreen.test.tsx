import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Box, Text, useInput } from 'ink';
import { type ReactElement, useEffect, useState } from 'react';
import { fullScreen } from '../../src/ui/fullScreen.js';
import { Picture } from '../../src/ui/Picture.js';
import type { Bitmap } from '../../src/ui/pictures/bitmap.js';
import { queryWithKitty } from '../../src/ui/pictures/terminalAnswers.js';
import { terminalHints } from '../../src/ui/pictures/terminalHints.js';
import { usePictureSupport } from '../../src/ui/pictures/usePictureSupport.js';
import { ScreenError } from '../../src/ui/screenError.js';
import { useKeys } from '../../src/ui/useKeys.js';
import { useScreenSize } from '../../src/ui/useScreenSize.js';
import { createTestTerminal, type TestTerminal } from '../support/terminal.js';

/** Shows the size and the last key; q ends it, x is its undoing. */
function Probe({ done, last }: { readonly done: (value: string) => void; readonly last?: string }) {
  const { columns, rows } = useScreenSize();
  useInput((input, key) => {
    if (input === 'q') done('quit');
    if (input === 'c' && key.ctrl) done('interrupted');
  });
  return (
    <Text>
      {columns} x {rows} {last}
    </Text>
  );
}

function Broken(): never {
  throw new Error('broken on purpose');
}

/** Throws when x is pressed, when the screen is seven wide, and a moment later where it is late. */
function Fragile({ late = false }: { readonly late?: boolean }) {
  const { columns } = useScreenSize();
  const [broken, setBroken] = useState(false);
  useKeys((input) => {
    if (input === 'x') throw new Error('fragile key');
  });
  useEffect(() => {
    const timer = setInterval(() => setBroken(late), 5);
    return () => clearInterval(timer);
  }, [late]);
  if (broken || columns === 7) throw new Error('fragile component');
  return <Text>whole</Text>;
}

const broken: Bitmap = {
  columns: 2,
  rows: 1,
  draw() {
    throw new Error('fragile picture');
  },
  erase: () => '',
};

afterEach(() => {
  jest.restoreAllMocks();
});

const turn = () => setTimeout(20);

describe('fullScreen', () => {
  test('should show the component on a screen of its own and leave the one before as it was', async () => {
    const terminal = createTestTerminal(40, 5);
    terminal.stdout.write('what was before');
    const ended = fullScreen((done) => <Probe done={done} />, terminal);
    await turn();
    expect((await terminal.screen())[0]).toBe('40 x 5');
    expect([await terminal.alternate(), terminal.raw]).toEqual([true, true]);
    terminal.press('q');
    expect(await ended).toBe('quit');
    expect([await terminal.alternate(), terminal.raw]).toEqual([false, false]);
    expect((await terminal.screen())[0]).toBe('what was before');
    expect(terminal.written()).toContain('\u001b[?25h');
  });

  test('should give Ctrl-C as a key', async () => {
    const terminal = createTestTerminal();
    const ended = fullScreen((done) => <Probe done={done} />, terminal);
    await turn();
    terminal.press('\u0003');
    expect(await ended).toBe('interrupted');
  });

  test('should draw everything again when the terminal has another size', async () => {
    const terminal = createTestTerminal(40, 5);
    const ended = fullScreen((done) => <Probe done={done} />, terminal);
    await turn();
    for (const [columns, rows] of [
      [30, 4],
      [60, 9],
      [20, 2],
    ] as const) {
      terminal.resize(columns, rows);
      await turn();
      expect((await terminal.screen())[0]).toBe(`${columns} x ${rows}`);
    }
    terminal.press('q');
    await ended;
  });

  test('should leave the screen when a component throws, and give its error', async () => {
    const terminal = createTestTerminal();
    // Ink draws the error's place in the sources; React finds fault with how.
    jest.spyOn(console, 'error').mockImplementation(() => undefined);
    await expect(fullScreen(() => <Broken />, terminal)).rejects.toThrow('broken on purpose');
    expect([await terminal.alternate(), terminal.raw]).toEqual([false, false]);
  });

  test.each([
    [0, 0],
    [Number.NaN, undefined],
    [undefined, Number.POSITIVE_INFINITY],
  ])('should take a terminal of %s x %s for one of 80 x 24', async (columns, rows) => {
    const terminal = createTestTerminal();
    Object.assign(terminal.stdout, { columns, rows });
    const ended = fullScreen((done) => <Probe done={done} />, terminal);
    await turn();
    expect((await terminal.screen())[0]).toBe('80 x 24');
    terminal.press('q');
    await ended;
  });

  const failing: [string, (terminal: TestTerminal) => void, ReactElement][] = [
    ['a key', ({ press }) => press('x'), <Fragile key="a" />],
    ['a resize', ({ resize }) => resize(7, 7), <Fragile key="b" />],
    ['a timer of its own', () => undefined, <Fragile key="c" late />],
    ['the painter', () => undefined, <Picture key="d" picture={broken} columns={4} rows={2} />],
  ];
  test.each(failing)(
    'should leave the screen when %s throws, and say that it was the screen',
    async (_, act, content) => {
      jest.spyOn(console, 'error').mockImplementation(() => undefined);
      const terminal = createTestTerminal(40, 5);
      const ended = fullScreen(() => content, terminal);
      const outcome = expect(ended).rejects.toThrow(ScreenError);
      await turn();
      act(terminal);
      await outcome;
      await expect(ended).rejects.toThrow('fragile');
      expect([await terminal.alternate(), terminal.raw]).toEqual([false, false]);
      expect(terminal.written()).toContain('\u001b[?25h');
      expect(terminal.stdin.listenerCount('data')).toBe(0);
    },
  );

  test('should leave nothing that listens', async () => {
    const count = () => [
      process.listenerCount('exit'),
      process.listenerCount('uncaughtException'),
      process.listenerCount('unhandledRejection'),
      process.listenerCount('SIGINT'),
    ];
    const before = count();
    const terminal = createTestTerminal();
    const ended = fullScreen((done) => <Probe done={done} />, terminal);
    await turn();
    terminal.press('q');
    await ended;
    expect(count()).toEqual(before);
    expect(terminal.stdout.listenerCount('resize')).toBe(0);
  });
});

const pictures = terminalHints({ TERM: 'xterm-256color', COLORTERM: 'truecolor' });
const isKitty = '\u001b_Gi=31;OK\u001b\\\u001b[6;20;10t\u001b[?62;4c';
const drawing: Bitmap = {
  columns: 3,
  rows: 2,
  draw: (id) => `\u001b_Gdraw ${id}\u001b\\`,
  erase: (id) => `\u001b_Gerase ${id}\u001b\\`,
};

/** Counts keys beside a picture, which p takes away; q ends it. */
function Pictured({ done }: { readonly done: (value: string) => void }) {
  const { kind, cell } = usePictureSupport();
  const [typed, setTyped] = useState('');
  useInput((input, key) => {
    if (input === 'q') done(typed);
    setTyped((before) => before + (key.escape ? 'ESC' : input));
  });
  return (
    <Box flexDirection="column">
      <Text>{`${kind} ${cell.width}x${cell.height} ${typed}`}</Text>
      {!typed.includes('p') && <Picture picture={drawing} columns={10} rows={3} />}
      <Text>below</Text>
    </Box>
  );
}

describe('fullScreen with pictures', () => {
  const open = async () => {
    const terminal = createTestTerminal(40, 6);
    const ended = fullScreen((done) => <Pictured done={done} />, { ...terminal, pictures });
    await turn();
    return { terminal, ended, first: async () => (await terminal.screen())[0] };
  };

  test('should ask the terminal and tell those within what it answers', async () => {
    const { terminal, ended, first } = await open();
    expect(terminal.written()).toContain(queryWithKitty);
    expect(await first()).toBe('blocks 8x16');
    terminal.press(`a${isKitty}b`);
    for (let i = 0; i < 50 && !(await first())?.endsWith('ab'); i += 1) await turn();
    expect(await first()).toBe('kitty 10x20 ab');
    terminal.press('q');
    expect(await ended).toBe('ab');
    expect([await terminal.alternate(), terminal.raw]).toEqual([false, false]);
    expect(terminal.stdin.listenerCount('data')).toBe(0);
    expect(terminal.stdout.listenerCount('resize')).toBe(0);
  });

  test('should ask again when the size changes, as that of the cells may have', async () => {
    const { terminal, ended, first } = await open();
    terminal.press(isKitty);
    await turn();
    terminal.written();
    terminal.resize(30, 6);
    await turn();
    expect(terminal.written()).toContain(queryWithKitty);
    terminal.press(isKitty.replace('20;10', '30;15'));
    await turn();
    expect(await first()).toBe('kitty 15x30');
    terminal.press('q');
    await ended;
  });

  test('should wait for the answer before it gives the terminal back', async () => {
    const { terminal, ended } = await open();
    terminal.press('q');
    await turn();
    expect([await terminal.alternate(), terminal.raw]).toEqual([true, true]);
    terminal.press(isKitty);
    await ended;
    expect(terminal.raw).toBe(false);
    expect(terminal.stdin.read()).toBeNull();
  });

  test('should draw a picture once, and take it away with its component and with the screen', async () => {
    const { terminal, ended } = await open();
    terminal.press(isKitty);
    await turn();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are framed by
    const drawings = () => terminal.written().match(/\u001b_G(draw|erase)/g) ?? [];
    expect(drawings()).toEqual(['\u001b_Gdraw']);
    terminal.press('a');
    await turn();
    expect(drawings()).toEqual([]);
    terminal.press('p');
    await turn();
    expect(drawings()).toEqual(['\u001b_Gerase']);
    terminal.press('q');
    await ended;
    expect(drawings()).toEqual([]);

    const other = await open();
    other.terminal.press(`${isKitty}q`);
    await other.ended;
    expect(other.terminal.written()).toMatch(/_Gdraw[^_]*_Gerase[^_]*\[\?1049l/);
  });
});
