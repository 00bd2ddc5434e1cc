import { keyboardOn } from './keyboard.js';
import type { PictureSupport } from './pictureSupport.js';
import { noAnswers, type TerminalAnswers } from './terminalAnswers.js';
import { supportOf, type TerminalHints } from './terminalHints.js';

export interface AskedTerminal {
  readonly stdin: NodeJS.ReadStream;
  /** The terminal to write to. */
  readonly stdout: NodeJS.WriteStream;
}

const interruption = '\u0003';

/**
 * Finds out how a terminal shows pictures that are printed between lines of text. Queries the terminal if necessary, which takes at
 * most a second. Nothing else may read from it meanwhile. Text typed meanwhile can be read afterwards; Ctrl-C interrupts.
 */
export async function askTerminal(
  hints: TerminalHints,
  { stdin, stdout }: AskedTerminal,
): Promise<PictureSupport> {
  if (hints.query === '' || !stdin.isTTY || !stdout.isTTY) return supportOf(hints, noAnswers);
  let answers: TerminalAnswers = noAnswers;
  const keyboard = keyboardOn({
    stdin,
    stdout,
    onAnswers: (known) => {
      answers = known;
    },
  });
  // Otherwise the terminal would echo its answer, and hold it back until the end of the line.
  stdin.setRawMode(true);
  keyboard.ask(hints.query);
  await keyboard.settled();
  keyboard.close();
  stdin.setRawMode(false);
  const typed: Buffer | null = keyboard.keys.read() as Buffer | null;
  if (typed?.includes(interruption)) process.kill(process.pid, 'SIGINT');
  else if (typed) stdin.unshift(typed);
  return supportOf(hints, answers);
}
