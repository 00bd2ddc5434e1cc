import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Text, useInput } from 'ink';
import { fullScreen } from '../../src/ui/fullScreen.js';
import { useScreenSize } from '../../src/ui/screenSize.js';
import { createTestTerminal } from '../support/terminal.js';

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

  test('should leave nothing that listens', async () => {
    const count = () => [
      process.listenerCount('exit'),
      process.listenerCount('uncaughtExceptionMonitor'),
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
