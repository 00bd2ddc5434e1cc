import {
  asyncScheduler,
  concat,
  defer,
  filter,
  ignoreElements,
  map,
  type ObservableInput,
  type OperatorFunction,
  type SchedulerLike,
} from 'rxjs';
import { checkAmount, checkCount } from '../../base/checkNumbers.js';
import { journalFile } from '../../logs/journalFile.js';
import { dropCounter } from '../flow/dropCounter.js';
import { newestMap } from '../flow/newestMap.js';
import type { WarningEvent } from '../run/events.js';
import { type Journaled, toLine } from './entry.js';

/** Options of `writeJournal` and `keepJournal`. */
export interface WriteJournalOptions {
  /** The file; lines are appended. */
  readonly path: string;
  /** Milliseconds between two steps that are written; steps in between are not. @default 1000 */
  readonly interval?: number;
  /** Lines that may wait for a slow disk; one more drops the oldest, with a warning. @default 1000 */
  readonly waiting?: number;
  /** Calls of `append` that may run at once, if it keeps their order itself. @default 1 */
  readonly atOnce?: number;
  /** For the interval and the time of an entry. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** Appends a line; done when it completes. @default to `path` */
  readonly append?: (line: string) => ObservableInput<unknown>;
}

/**
 * Write the events of a run as JSON lines with their time; `nvae watch` shows a run from these. For a whole run use
 * `keepJournal`.
 *
 *     events         s-ttttt-c-t-|
 *     written        s-t-----c-t-|     (an interval of more than five)
 *     writeJournal   ------------|     warnings only
 *
 * Every event is written, except steps that follow each other faster than `interval`; steps that were not applied are always
 * written. One write at a time. An error of the file passes through: use `sideStream`.
 *
 * @param options file, and how much to write
 * @throws RangeError at call time when a number is out of range
 *
 * @example
 * ```ts
 * import { loadConfig, sideStream, train, useEngine, writeJournal } from 'rx-nvae';
 *
 * await useEngine();
 * train(await loadConfig('demo'), { runsFolder: null })
 *   .pipe(sideStream('journal', writeJournal({ path: 'demo.jsonl', interval: 10_000 })))
 *   .subscribe();
 * ```
 */
export function writeJournal(options: WriteJournalOptions): OperatorFunction<Journaled, WarningEvent> {
  const { path, interval = 1000, waiting = 1000, atOnce = 1, scheduler = asyncScheduler } = options;
  checkAmount('writeJournal', 'interval', interval);
  checkCount('writeJournal', 'waiting', waiting);
  checkCount('writeJournal', 'atOnce', atOnce);
  return (events) =>
    defer(() => {
      const { append = journalFile(path).append } = options;
      const drops = dropCounter('journal', path);
      const write = (line: string) =>
        concat(drops.warning$, defer(() => append(line)).pipe(ignoreElements()));
      return events.pipe(
        filter(notTooFast(interval, scheduler)),
        map((event) => toLine(event, scheduler.now())),
        newestMap(write, { waiting, atOnce, onDrop: () => drops.add() }),
      );
    });
}

function notTooFast(interval: number, scheduler: SchedulerLike): (event: Journaled) => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return (event) => {
    if (event.type !== 'step' || !event.applied) return true;
    const now = scheduler.now();
    // A clock that was set back must not silence a run.
    if (now >= last && now - last < interval) return false;
    last = now;
    return true;
  };
}
