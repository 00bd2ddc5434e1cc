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
 * Passes the events of a run on, and writes its journal on the side.
 *
 *     events        s--t--#
 *     written       s--t--f|     f: `failed`, with the error's message
 *     keepJournal   s--t---#     (writing takes one)
 *
 * An error is the last entry of the journal, and is passed on after it is written. If the file cannot be written, one warning is
 * emitted (`sideStream`). Unsubscribing writes nothing.
 *
 * @param options as for `writeJournal`
 * @throws RangeError at call time when a number is out of range
 *
 * @example
 * ```ts
 * import { keepJournal, loadConfig, train, useEngine } from 'rx-nvae';
 *
 * await useEngine();
 * train(await loadConfig('demo'), { runsFolder: null })
 *   .pipe(keepJournal({ path: 'demo.jsonl' }))
 *   .subscribe((event) => console.log(event.type));
 * ```
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
