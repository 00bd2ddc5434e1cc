import { asyncScheduler, map, type OperatorFunction, reduce, type SchedulerLike } from 'rxjs';
import type { JournalEntry } from '../journal/entry.js';
import type { RunSummary } from './runSummary.js';
import { emptyTally, summaryOf, tallied } from './runTally.js';

/** Options of `summarizeRun`. */
export interface SummarizeRunOptions {
  /**
   * Whether the run's process is alive. A journal cannot tell: without an end in it, the run is `training` if this is true, and
   * `crashed` otherwise. @default false
   */
  readonly alive?: boolean;
  /** Scheduler that tells the time. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Reduces a run's journal to one summary, in bounded memory.
 *
 *     journal        s--t--t--e--v--f|
 *     summarizeRun   ----------------(S|)
 *
 * A journal without entries gives a summary with the status `unknown`. Entries that are incomplete or unknown are skipped. A start
 * from the beginning forgets what was before. Errors are passed on.
 *
 * @param name name of the run
 * @param options whether its process is alive
 * @example
 * ```ts
 * import { readJournal, summarizeRun } from 'rx-nvae/run';
 *
 * readJournal('runs/demo/events.jsonl')
 *   .pipe(summarizeRun('demo'))
 *   .subscribe(({ steps, secondsTrained, best }) => console.log(steps, secondsTrained, best?.bitsPerDimension));
 * ```
 */
export function summarizeRun(
  name: string,
  { alive = false, scheduler = asyncScheduler }: SummarizeRunOptions = {},
): OperatorFunction<JournalEntry, RunSummary> {
  return (entries) =>
    entries.pipe(
      reduce(tallied, emptyTally),
      map((tally) => summaryOf(tally, name, alive, scheduler.now())),
    );
}
