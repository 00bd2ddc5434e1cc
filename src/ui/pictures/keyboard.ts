import { PassThrough } from 'node:stream';
import { noAnswers, sift, type TerminalAnswers } from './terminalAnswers.js';

/** Milliseconds to wait for answers; later ones still do not count as keys. */
const patience = 1000;
/** Milliseconds after which a possible beginning of an answer counts as a key, such as Escape. */
const pieceMs = 50;

export interface Keyboard {
  /** Typed keys, without the terminal's answers. */
  readonly keys: NodeJS.ReadStream;
  /** Writes a query from ./terminalAnswers.ts; the terminal must be in raw mode. */
  ask(query: string): void;
  /** Resolves when all queries are answered, or after the time limit. */
  settled(): Promise<void>;
  /** Stops reading. */
  close(): void;
}

export interface KeyboardOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
  /** Called with all answers so far, each time there is a new one. @default ignored */
  readonly onAnswers?: (answers: TerminalAnswers) => void;
}

/**
 * Separates keys from the terminal's answers, which arrive on the same stream. An answer never counts as keys, however late it
 * arrives. Keys are held back only while a query is unanswered.
 */
export function keyboardOn({ stdin, stdout, onAnswers = () => undefined }: KeyboardOptions): Keyboard {
  const keys = keysOf(stdin);
  let [answers, rest, missing, deadline] = [noAnswers, '', 0, 0];
  let holding: NodeJS.Timeout | undefined;
  const waiting = new Set<() => void>();

  const pass = (text: string) => {
    if (text) keys.write(Buffer.from(text, 'latin1'));
  };
  const release = () => {
    pass(rest);
    rest = '';
  };
  const hold = () => {
    if (mayBeKeys(rest)) holding = setTimeout(release, pieceMs);
  };
  const read = (chunk: Buffer | string) => {
    clearTimeout(holding);
    // Latin-1 preserves the bytes, even if a character is split between two chunks.
    const input = rest + Buffer.from(chunk as Buffer).toString('latin1');
    rest = '';
    if (missing === 0) return pass(input);
    const sifted = sift(input, answers);
    missing = Math.max(0, missing - sifted.completed);
    pass(sifted.keys);
    rest = sifted.rest;
    hold();
    if (sifted.answers !== answers) {
      answers = sifted.answers;
      onAnswers(answers);
    }
    if (missing > 0) return;
    for (const done of waiting) done();
  };
  stdin.on('data', read);
  // Other code may have read from it and paused it.
  stdin.resume();
  return {
    keys,
    ask(query) {
      missing += 1;
      deadline = performance.now() + patience;
      stdout.write(query);
    },
    async settled() {
      if (missing === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
        timer = setTimeout(resolve, Math.max(0, deadline - performance.now()));
      });
      clearTimeout(timer);
    },
    close() {
      clearTimeout(holding);
      if (mayBeKeys(rest)) release();
      stdin.off('data', read);
      stdin.pause();
    },
  };
}

/** An escape and the possible beginning of an answer; longer input is not a key. */
function mayBeKeys(rest: string): boolean {
  return ['\u001b', '\u001b[', '\u001b_', '\u001b[6'].includes(rest);
}

/** A stream that Ink uses as the terminal's input; its raw mode does not change until the last answer has arrived. */
function keysOf(stdin: NodeJS.ReadStream): PassThrough & NodeJS.ReadStream {
  const keys = new PassThrough();
  const itself = (change?: () => unknown) => () => {
    change?.();
    return keys;
  };
  return Object.assign(keys, {
    isTTY: stdin.isTTY,
    ref: itself(() => stdin.ref()),
    unref: itself(() => stdin.unref()),
    setRawMode: itself(),
  }) as unknown as PassThrough & NodeJS.ReadStream;
}
