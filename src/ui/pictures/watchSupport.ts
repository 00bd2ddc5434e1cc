import { isDeepStrictEqual } from 'node:util';
import { keyboardOn } from './keyboard.js';
import { isBitmapKind, type PictureSupport, trueColourBlocks } from './pictureSupport.js';
import { noAnswers } from './terminalAnswers.js';
import { supportOf, type TerminalHints } from './terminalHints.js';

export interface WatchedSupport {
  /** Typed keys, without the terminal's answers. */
  readonly keys: NodeJS.ReadStream;
  /** The current support: the same object until it changes. */
  current(): PictureSupport;
  /** Calls the listener when the support changes. */
  subscribe(listener: () => void): () => void;
  /** Stops; resolves when no answer can arrive any more. */
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** What is known in advance. @default half blocks in true colour, without querying the terminal */
  readonly hints?: TerminalHints;
}

/**
 * How a terminal shows pictures on a full screen: first according to the hints, then according to its answers as they arrive. A
 * terminal that shows pixels is queried again when its size changes, because its cells may have changed too. Sets raw mode.
 */
export function watchSupport({ stdin, stdout, hints }: WatchOptions): WatchedSupport {
  let support = hints ? supportOf(hints, noAnswers) : trueColourBlocks;
  const current = () => support;
  const listeners = new Set<() => void>();
  const keyboard = keyboardOn({
    stdin,
    stdout,
    onAnswers(answers) {
      if (!hints) return;
      const now = supportOf(hints, answers);
      if (!answers.complete || isDeepStrictEqual(now, support)) return;
      support = now;
      for (const listener of listeners) listener();
    },
  });
  const query = hints?.query ?? '';
  const resized = () => {
    if (query !== '' && isBitmapKind(support.kind)) keyboard.ask(query);
  };
  stdin.setRawMode(true);
  if (query !== '') keyboard.ask(query);
  stdout.on('resize', resized);
  return {
    keys: keyboard.keys,
    current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      stdout.off('resize', resized);
      await keyboard.settled();
      keyboard.close();
    },
  };
}
