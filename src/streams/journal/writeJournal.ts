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
  /** The file; lines are appended to it. */
  readonly path: string;
  /** Least number of milliseconds between two written steps; steps in between are not written. @default 1000 */
  readonly interval?: number;
  /** Number of lines that may wait for a slow disk; one more drops the oldest, with a warning. @default 1000 */
  readonly waiting?: number;
  /** Number of `append` calls that may run at once, if `append` itself keeps their order. @default 1 */
  readonly atOnce?: number;
  /** Scheduler for the interval and the times of entries. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** Appends a line; completes when done. @default appends to `path` */
  readonly append?: (line: string) => ObservableInput<unknown>;
}

/**
 * Writes the events of a run with their times as JSON lines, which `nvae watch` reads. For a complete run use
 * `keepJournal`.
 *
 *     events         s-ttttt-c-t-|
 *     written        s-t-----c-t-|     (an interval of more than five)
 *     writeJournal   ------------|     warnings only
 *
 * Writes every event, except steps that follow each other faster than `interval`. Steps that were not applied are always
 * written. Writes one line at a time. An error of the file is passed on: use `sideStream`.
 *
 * @param options the file, and how much to write
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
    // If the system clock was set back, do not stop writing steps.
    if (now >= last && now - last < interval) return false;
    last = now;
    return true;
  };
}
