import { join } from 'node:path';
import {
  asyncScheduler,
  catchError,
  concat,
  defer,
  ignoreElements,
  type Observable,
  of,
  type SchedulerLike,
} from 'rxjs';
import { messageOf } from '../../base/errors.js';
import { journalFile } from '../../logs/journalFile.js';
import { journalName, toLine } from '../journal/entry.js';
import { type CrashEvent, type FailedEvent, type TrainEvent, warning } from '../run/events.js';

interface JournalPlace {
  readonly runsFolder?: string | null;
  readonly scheduler?: SchedulerLike;
}

/**
 * Emits the crash after writing it, and the failure that may follow, to the run's journal: the process that ended can no longer do
 * so. If the journal cannot be written, emits one warning.
 */
export function journaledCrash(
  events: readonly [CrashEvent, ...FailedEvent[]],
  name: string,
  { runsFolder = 'runs', scheduler = asyncScheduler }: JournalPlace,
): Observable<TrainEvent> {
  const [crash] = events;
  if (runsFolder === null) return of(crash);
  const path = join(runsFolder, name, journalName);
  const lines = () => events.map((event) => toLine(event, scheduler.now())).join('');
  const told$ = defer(() => journalFile(path).append(lines())).pipe(
    ignoreElements(),
    catchError((error: unknown) => of(warning('journal', `journal: ${messageOf(error)}`))),
  );
  return concat(told$, of(crash));
}
