/** Progress of long work: a bar on a terminal, otherwise a line now and then. */
import { onExit } from 'signal-exit';
import { messageOf } from '../../base/errors.js';
import { type ProgressSnapshot, progressBarLine, progressWords } from '../../ui/progressText.js';
import { screenSizeOf } from '../../ui/screenSize.js';

export interface ProgressBarOptions extends Pick<ProgressSnapshot, 'label' | 'total' | 'unit'> {}

/** Work in progress. */
export interface ProgressBar {
  /** So many are done. */
  at(done: number): void;
  /** The work has ended or failed: removes the bar. Can be called again. */
  end(): void;
}

export interface ProgressBars {
  start(work: ProgressBarOptions): ProgressBar;
  /** Calls `print` while no bar is on the screen. */
  aside(print: () => void): void;
}

/** Shorter work shows no progress. */
const patienceMs = 500;
const betweenBarsMs = 100;
const betweenLinesMs = 2000;

/**
 * Bars on a terminal: the newest is shown, in one line, redrawn at most ten times a second, also when the work leaves timers
 * no turn. The cursor stays at the line's beginning, so that a line which the terminal folds when it becomes narrower is
 * erased as a whole.
 */
export function liveBars(terminal: NodeJS.WriteStream): ProgressBars {
  const bars: Work[] = [];
  let [shown, broken] = [false, false];
  let drawnAt = Number.NEGATIVE_INFINITY;
  let stop: (() => void) | null = null;

  const draw = () => {
    const work = bars.at(-1);
    const now = performance.now();
    if (broken || !work || now - work.begun < patienceMs || now - drawnAt < betweenBarsMs) return;
    drawnAt = now;
    shown = true;
    // A character in the last column would have some terminals begin another line.
    const width = screenSizeOf(terminal).columns - 1;
    try {
      terminal.write(`\r${progressBarLine(work.snapshot(now), width)}\u001b[J\r`);
    } catch (error) {
      // A bar is no reason to lose the work.
      broken = true;
      terminal.write(`\r\u001b[Jwarning: progress bar: ${messageOf(error)}; continuing without it\n`);
    }
  };
  const erase = () => {
    if (shown) terminal.write('\r\u001b[J');
    shown = false;
  };
  const watch = () => {
    const timer = setInterval(draw, betweenBarsMs).unref();
    const forget = onExit(erase);
    return () => {
      clearInterval(timer);
      forget();
    };
  };
  return {
    start(options) {
      const work = workOf(options);
      bars.push(work);
      stop ??= watch();
      return {
        at(done) {
          work.done = done;
          draw();
        },
        end() {
          if (!bars.includes(work)) return;
          bars.splice(bars.indexOf(work), 1);
          erase();
          if (bars.length > 0) return;
          stop?.();
          stop = null;
        },
      };
    },
    aside(print) {
      erase();
      print();
      draw();
    },
  };
}

/** Lines for a log, at most one in two seconds. */
export function barsAsLines(print: (line: string) => void): ProgressBars {
  return {
    start(options) {
      const work = workOf(options);
      let printedAt = work.begun;
      return {
        at(done) {
          work.done = done;
          const now = performance.now();
          if (now - printedAt < betweenLinesMs) return;
          printedAt = now;
          print(progressWords(work.snapshot(now)));
        },
        end: () => undefined,
      };
    },
    aside: (print) => print(),
  };
}

/** Nobody wants to know. */
export const noBars: ProgressBars = {
  start: () => ({ at: () => undefined, end: () => undefined }),
  aside: (print) => print(),
};

interface Work {
  done: number;
  readonly begun: number;
  snapshot(now: number): ProgressSnapshot;
}

function workOf({ label, total, unit }: ProgressBarOptions): Work {
  const begun = performance.now();
  return {
    done: 0,
    begun,
    snapshot(now) {
      return { label, total, unit, done: this.done, seconds: (now - begun) / 1000 };
    },
  };
}
