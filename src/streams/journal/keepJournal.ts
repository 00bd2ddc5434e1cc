import {
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  type MonoTypeOperatorFunction,
  type Observable,
  of,
  throwError,
} from 'rxjs';
import { messageOf } from '../../base/errors.js';
import { sideStream } from '../flow/sideStream.js';
import type { FailedEvent, TrainEvent } from '../run/events.js';
import type { Journaled } from './entry.js';
import { type WriteJournalOptions, writeJournal } from './writeJournal.js';

/**
 * The events of a run as they are, and its journal beside them.
 *
 *     events        s--t--#
 *     written       s--t--f|     f: `failed`, with the error's message
 *     keepJournal   s--t---#     (writing takes one)
 *
 * The journal ends as the run does: an error is its last entry, and passes when that is written, since whoever waits for
 * it ends the process. An error of the file costs one warning (`sideStream`). An unsubscribe is no end and writes nothing.
 *
 * @throws RangeError at call time, as `writeJournal`
 */
export function keepJournal(options: WriteJournalOptions): MonoTypeOperatorFunction<TrainEvent> {
  const write = writeJournal(options);
  return (events) =>
    defer(() => {
      let failure: { readonly thrown: unknown } | null = null;
      const told$ = events.pipe(
        catchError((thrown: unknown): Observable<Journaled> => {
          failure = { thrown };
          return of(failed(thrown));
        }),
        sideStream('journal', write),
        filter((event) => event.type !== 'failed'),
      );
      return concat(
        told$,
        defer(() => (failure ? throwError(() => failure?.thrown) : EMPTY)),
      );
    });
}

function failed(thrown: unknown): FailedEvent {
  const { name = 'Error' } = Object(thrown) as { readonly name?: unknown };
  return { type: 'failed', error: String(name), message: messageOf(thrown) };
}
