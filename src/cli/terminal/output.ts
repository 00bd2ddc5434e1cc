/**
 * Output of a command: data to standard output, everything else to standard error. With --json, standard output has one JSON object
 * per line; with --quiet, standard error has warnings only.
 */
import { Console } from 'node:console';
import { launcherOf } from '../../group/mpi/launcher.js';
import { colourDepth, isInCi } from '../../ui/pictures/colourDepth.js';
import { exitCodes } from '../exitCodes.js';
import { barsAsLines, liveBars, noBars, type ProgressBar, type ProgressBarOptions } from './progressBars.js';

export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface Output {
  /** A result: as JSON with --json, else as the given text. */
  result(value: object, text: string): void;
  /** Prints an event of a running command; only with --json. */
  event(value: object): void;
  /** Prints a line about progress; not with --quiet or --json. */
  progress(line: string): void;
  warning(message: string): void;
  /**
   * Shows the progress of long work: a bar on a terminal, otherwise a line from time to time; not with --quiet or --json. Other
   * output is printed above the bar.
   */
  progressBar(options: ProgressBarOptions): ProgressBar;
  /** Whether the terminal can show pictures and colours. */
  readonly colour: boolean;
}

/** The output of a rank other than 0: what there is to say, rank 0 says. */
const noOutput: Output = {
  result: () => undefined,
  event: () => undefined,
  progress: () => undefined,
  warning: () => undefined,
  progressBar: noBars.start,
  colour: false,
};

export function createOutput({ json = false, quiet = false }: OutputOptions): Output {
  if (!isVoice()) return noOutput;
  const { stdout, stderr, env } = process;
  const toPerson =
    Boolean(stderr.isTTY) && !isInCi(env) && env.TERM !== 'dumb' && !quiet && !json && !hasScreenReader();
  const bars = toPerson
    ? liveBars(stderr)
    : quiet || json
      ? noBars
      : barsAsLines((text) => line(stderr, text));
  const line = (stream: NodeJS.WriteStream, text: string) => bars.aside(() => void stream.write(`${text}\n`));
  return {
    result: (value, text) => line(stdout, json ? JSON.stringify(value) : text),
    event: (value) => {
      if (json) line(stdout, JSON.stringify(value));
    },
    progress: (text) => {
      if (!quiet && !json) line(stderr, text);
    },
    warning: (message) => line(stderr, `warning: ${message}`),
    progressBar: bars.start,
    colour: toPerson && colourDepth(env) > 1,
  };
}

/** Whether this process is the one that speaks: rank 0, or alone. */
export function isVoice(): boolean {
  return (launcherOf()?.rank ?? 0) === 0;
}

/** Whether a screen reader reads the output: then nothing is drawn, and no line is rewritten. */
export function hasScreenReader(): boolean {
  return process.env.INK_SCREEN_READER === 'true';
}

/** Whether input and output are an interactive terminal. */
export function isInteractive({ json = false, quiet = false }: OutputOptions): boolean {
  const { stdin, stdout, env } = process;
  return Boolean(stdin.isTTY && stdout.isTTY) && !isInCi(env) && env.TERM !== 'dumb' && !json && !quiet;
}

/** Redirects console output of libraries to standard error, because standard output is for data only. */
export function keepStandardOutputForData(): void {
  Object.assign(console, new Console(process.stderr, process.stderr));
}

/** Error codes of streams whose reader or terminal has closed. */
const closedCodes: readonly unknown[] = ['EPIPE', 'EIO', 'ENXIO', 'EBADF'];

/**
 * Treats a closed output (`nvae ... | head`, or a closed terminal) as SIGPIPE: a command that listens for SIGPIPE ends in its own
 * way, any other exits at once without a message. Other write errors, such as a full disk, do the same, but with one message and a
 * failure exit code.
 */
export function watchForClosedOutput(): void {
  let reported = false;
  const streams = [
    ['standard output', process.stdout],
    ['standard error', process.stderr],
  ] as const;
  for (const [name, stream] of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const closed = closedCodes.includes(error.code);
      if (!closed && !reported && stream === process.stdout)
        process.stderr.write(`nvae: ${name}: ${error.message}\n`);
      reported ||= !closed;
      if (!process.emit('SIGPIPE', 'SIGPIPE')) process.exit(closed ? exitCodes.done : exitCodes.failed);
    });
  }
}
