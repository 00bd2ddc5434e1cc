import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  asyncScheduler,
  catchError,
  concatMap,
  defer,
  EMPTY,
  from,
  lastValueFrom,
  type Observable,
  type SchedulerLike,
} from 'rxjs';
import { messageOf } from '../../base/errors.js';
import { watchLock } from '../../checkpoint/lock/watchLock.js';
import { readProgress } from '../../checkpoint/readProgress.js';
import { journalName } from '../journal/entry.js';
import { readJournal } from '../journal/readJournal.js';
import { listRuns } from './listRuns.js';
import type { RunSummary } from './runSummary.js';
import { summarizeRun } from './summarizeRun.js';

/** Options of `runSummaries`. */
export interface RunSummariesOptions {
  /** Folder with the `saved_weights` and `runs` of the runs. @default '.' */
  readonly folder?: string;
  /** Names of runs. @default all runs in the folder, by name */
  readonly names?: readonly string[];
  /** Called for each journal that cannot be read. @default warnings are dropped */
  readonly onWarning?: (message: string) => void;
  /** Scheduler that tells the time. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Summarizes runs from their journals, one after the other.
 *
 *     runs           a  b  c
 *     runSummaries   --A---B-(C|)
 *
 * Reads one journal at a time, in bounded memory, and changes nothing. The status comes from the journal and the run's lock, as
 * in `nvae watch`. A run without a journal, or with one that cannot be read, is summarized from the header of its checkpoint or
 * final model; what they do not say is null. A name without any file gives a summary in which nothing is known. Cold: each subscription reads the files again.
 *
 * @param options which runs
 * @example
 * ```ts
 * import { runSummaries } from 'rx-nvae/run';
 *
 * runSummaries({ folder: '.' }).subscribe(({ name, status, best }) => console.log(name, status, best?.bitsPerDimension));
 * ```
 */
export function runSummaries(options: RunSummariesOptions = {}): Observable<RunSummary> {
  const { folder = '.' } = options;
  return defer(async () => options.names ?? (await listRuns(folder))).pipe(
    concatMap((names) => from(names)),
    concatMap((name) => summaryIn(folder, name, options)),
  );
}

async function summaryIn(
  folder: string,
  name: string,
  { onWarning, scheduler = asyncScheduler }: RunSummariesOptions,
): Promise<RunSummary> {
  const weights = join(folder, 'saved_weights');
  const alive = await watchLock(join(weights, `${name}.lock`))();
  const journal$ = readJournal(join(folder, 'runs', name, journalName)).pipe(
    catchError((error: unknown) => {
      onWarning?.(messageOf(error));
      return EMPTY;
    }),
  );
  const summary = await lastValueFrom(journal$.pipe(summarizeRun(name, { alive, scheduler })));
  if (summary.lastActivity !== null) return summary;
  const files = [join(weights, `${name}.checkpoint`), join(weights, `final_result_${name}.model`)];
  return files.reduce(async (before, file) => withFile(await before, file), Promise.resolve(summary));
}

/** Adds what a checkpoint or final model says about a run; a file that is missing, or another kind of file, says nothing. */
async function withFile(summary: RunSummary, path: string): Promise<RunSummary> {
  const status = await stat(path).catch(() => null);
  if (!status?.isFile()) return summary;
  const lastActivity = Math.max(summary.lastActivity ?? 0, status.mtimeMs);
  const progress = await readProgress(path).catch(() => null);
  const { config = summary.config, position = null } = progress ?? {};
  const planned = config?.training.epochs ?? -1;
  return {
    ...summary,
    config,
    lastActivity,
    epochsPlanned: planned === -1 ? null : planned,
    ...(position && { steps: position.step, epochs: position.epoch, imagesSeen: position.imagesSeen }),
  };
}
