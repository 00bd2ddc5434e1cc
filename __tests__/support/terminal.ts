/** A terminal in memory: xterm.js interprets the output, and keys can be pressed. */
import { PassThrough, Writable } from 'node:stream';
import { expect } from '@jest/globals';
import xterm from '@xterm/headless';
import { eventually } from './eventually.js';

export interface TestTerminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** The lines on the screen, without trailing spaces. */
  screen(): Promise<string[]>;
  /** Waits until the screen shows all of these, and returns its text. */
  shows(...wanted: readonly (string | RegExp)[]): Promise<string>;
  /** Returns everything written since the last call. */
  written(): string;
  /** Sends keys as a terminal would. */
  press(keys: string): void;
  resize(columns: number, rows: number): void;
  /** Whether the alternate screen is shown. */
  alternate(): Promise<boolean>;
  readonly raw: boolean;
}

export function createTestTerminal(columns = 80, rows = 24): TestTerminal {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  let output = '';
  let raw = false;
  const stdout = new Writable({
    decodeStrings: false,
    write(text, _encoding, written) {
      output += text;
      // A terminal's line discipline turns a line feed into a carriage return and a line feed.
      terminal.write(String(text).replaceAll('\n', '\r\n'));
      written();
    },
  });
  Object.assign(stdout, { isTTY: true, columns, rows });
  const stdin = new PassThrough();
  Object.assign(stdin, {
    isTTY: true,
    isRaw: false,
    ref: () => stdin,
    unref: () => stdin,
    setRawMode(mode: boolean) {
      raw = mode;
      Object.assign(stdin, { isRaw: mode });
      return stdin;
    },
  });
  const flushed = () => new Promise<void>((resolve) => terminal.write('', resolve));
  const screen = async () => {
    await flushed();
    const { active } = terminal.buffer;
    return Array.from(
      { length: terminal.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true, 0, terminal.cols) ?? '',
    );
  };
  return {
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    screen,
    shows: (...wanted) =>
      eventually(async () => {
        const text = (await screen()).join('\n');
        for (const each of wanted)
          if (typeof each === 'string') expect(text).toContain(each);
          else expect(text).toMatch(each);
        return text;
      }),
    written() {
      const text = output;
      output = '';
      return text;
    },
    press: (keys) => void stdin.write(keys),
    resize(newColumns, newRows) {
      terminal.resize(newColumns, newRows);
      Object.assign(stdout, { columns: newColumns, rows: newRows });
      stdout.emit('resize');
    },
    async alternate() {
      await flushed();
      return terminal.buffer.active.type === 'alternate';
    },
    get raw() {
      return raw;
    },
  };
}
