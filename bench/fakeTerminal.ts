/** A terminal without a display: counts what is written to it, and can press keys. */
import { PassThrough, Writable } from 'node:stream';

export interface FakeTerminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Number of bytes written so far. */
  readonly bytes: number;
  /** Resolves when output containing the text is written, to the milliseconds until then. */
  writes(text: string): Promise<number>;
  press(keys: string): void;
}

export function fakeTerminal(columns: number, rows: number): FakeTerminal {
  let bytes = 0;
  let look: (text: string) => void = () => undefined;
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      bytes += chunk.length;
      look(String(chunk));
      done();
    },
  });
  const stdin = new PassThrough();
  Object.assign(stdin, {
    isTTY: true,
    isRaw: false,
    ref: () => undefined,
    unref: () => undefined,
    setRawMode: () => undefined,
  });
  return {
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: Object.assign(stdout, { isTTY: true, columns, rows }) as unknown as NodeJS.WriteStream,
    get bytes() {
      return bytes;
    },
    writes(text) {
      const begin = performance.now();
      return new Promise((resolve) => {
        look = (written) => {
          if (written.includes(text)) resolve(performance.now() - begin);
        };
      });
    },
    press: (keys) => void stdin.push(keys),
  };
}
