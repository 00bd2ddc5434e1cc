/** Progress of long work: a bar on a terminal, otherwise a line from time to time. */
import { onExit } from 'signal-exit';
import { messageOf } from '../../base/errors.js';
import { type ProgressSnapshot, progressBarLine, progressWords } from '../../ui/progressText.js';
import { screenSizeOf } from '../../ui/screenSize.js';

export interface ProgressBarOptions extends Pick<ProgressSnapshot, 'label' | 'total' | 'unit'> {}

/** Work in progress. */
export interface ProgressBar {
  /** Reports the number of units done. */
  at(done: number): void;
  /** Removes the bar when the work has ended or failed. Can be called again. */
  end(): void;
}

export interface ProgressBars {
  start(work: ProgressBarOptions): ProgressBar;
  /** Calls `print` while no bar is on the screen. */
  aside(print: () => void): void;
}

/** Work that takes less time shows no progress. */
const patienceMs = 500;
const betweenBarsMs = 100;
const betweenLinesMs = 2000;

/**
 * Bars on a terminal. The newest is shown in one line, redrawn at most ten times a second, even if the work blocks timers. The
 * cursor stays at the start of the line, so that a line which the terminal wraps when it becomes narrower is erased completely.
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
    // Some terminals begin a new line after a character in the last column.
    const width = screenSizeOf(terminal).columns - 1;
    try {
      terminal.write(`\r${progressBarLine(work.snapshot(now), width)}\u001b[J\r`);
    } catch (error) {
      // A failing bar must not stop the work.
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

/** Progress as lines for a log, at most one every two seconds. */
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

/** Shows no progress. */
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
