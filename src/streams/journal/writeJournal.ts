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

export interface WriteJournalOptions {
  /** The file; what it has already stays. */
  readonly path: string;
  /** Of steps that follow each other faster only one in so many milliseconds is written. @default 1000 */
  readonly interval?: number;
  /** Lines that may wait for a slow disk; of more the oldest is left out, with a warning. @default 1000 */
  readonly waiting?: number;
  /** Lines handed to `append` before the first is done, for one that keeps their order by itself. @default 1 */
  readonly atOnce?: number;
  /** For the interval and the time of an entry. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** Appends to the file; is done when it completes. @default to the end of `path` */
  readonly append?: (line: string) => ObservableInput<unknown>;
}

/**
 * The events of a run as JSON lines, each with its time: what `nvae watch` shows a run from. See `keepJournal` for a whole
 * run.
 *
 *     events         s-ttttt-c-t-|
 *     written        s-t-----c-t-|     (an interval of more than five)
 *     writeJournal   ------------|     warnings only
 *
 * Every event is written but steps that come too fast; one that was not applied always is. One write at a time. An error
 * of the file passes through: see `sideStream`.
 *
 * @throws RangeError at call time when `interval` is negative, or `waiting` or `atOnce` no positive integer
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
