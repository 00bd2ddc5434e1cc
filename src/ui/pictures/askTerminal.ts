import { keyboardOn } from './keyboard.js';
import type { PictureSupport } from './pictureSupport.js';
import { noAnswers, type TerminalAnswers } from './terminalAnswers.js';
import { supportOf, type TerminalHints } from './terminalHints.js';

export interface AskedTerminal {
  readonly stdin: NodeJS.ReadStream;
  /** Where the terminal is written to. */
  readonly stdout: NodeJS.WriteStream;
}

const interruption = '\u0003';

/**
 * How a terminal shows pictures that are printed between lines of text: it is asked, where that is needed, and answers
 * within a second. Nobody else may be reading from it. What is typed meanwhile can be read afterwards; Ctrl-C interrupts.
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
  // Otherwise the terminal would show its answer, and keep it until the line is ended.
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
