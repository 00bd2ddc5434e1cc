/** Restarts an epoch in which no image could be read: a network share may come back, or a disk wake up. */
import {
  type MonoTypeOperatorFunction,
  merge,
  type Observable,
  type ObservableInput,
  retry,
  type SchedulerLike,
  take,
  throwError,
} from 'rxjs';
import { DatasetError } from '../../../data/datasetError.js';
import { longTimer } from '../../flow/longTimer.js';
import type { Unread } from './skippedImages.js';

/** No image of an epoch could be read at the moment. */
export class NothingReadError extends Error {
  readonly unread: Unread;

  constructor(unread: Unread) {
    super(`nothing could be read: ${unread.reason}`);
    this.name = 'NothingReadError';
    this.unread = unread;
  }
}

export interface AgainWhenReadableOptions {
  readonly dataset: string;
  /** Total number of seconds to wait. @default 30 if the files are gone, 600 if they exist but cannot be read */
  readonly patience?: number | undefined;
  readonly scheduler?: SchedulerLike | undefined;
  /** Ends the wait. */
  readonly stop$: Observable<unknown>;
  /** Waits some seconds, or until the run stops. @default a timer of `scheduler` */
  readonly wait?: ((seconds: number) => ObservableInput<unknown>) | undefined;
  readonly warn: (message: string) => void;
}

const [patienceForFiles, patienceForSystems] = [30, 600];
const longestWait = 60;

/**
 * Subscribes again after 1, 2, 4, ... seconds while the source ends with a `NothingReadError`, so that a temporary outage does
 * not end a run.
 *
 *     source              #          -a|
 *     againWhenReadable   -------...--a|
 *
 * @throws DatasetError in the stream when the source still cannot be read after `patience`
 */
export function againWhenReadable<T>(options: AgainWhenReadableOptions): MonoTypeOperatorFunction<T> {
  const { dataset, scheduler, stop$, warn } = options;
  const waitAlone = (seconds: number) => merge(longTimer(1000 * seconds, scheduler), stop$).pipe(take(1));
  const { wait = waitAlone } = options;
  let waited = 0;
  const delay = (error: unknown, tries: number) => {
    if (!(error instanceof NothingReadError)) return throwError(() => error);
    const { gone, reason, count } = error.unread;
    const patience = options.patience ?? (gone ? patienceForFiles : patienceForSystems);
    const seconds = Math.min(2 ** (tries - 1), longestWait, patience - waited);
    if (seconds <= 0) {
      const what = `none of its ${count} images could be read for ${waited} s (${reason})`;
      const remedy = 'once they are readable, the same command resumes the run';
      return throwError(() => new DatasetError(dataset, `${what}; ${remedy}`));
    }
    waited += seconds;
    warn(`${dataset}: none of its ${count} images can be read (${reason}); trying again in ${seconds} s`);
    return wait(seconds);
  };
  return retry({ delay });
}
