import { catchError, connect, defer, merge, type Observable, type OperatorFunction, of } from 'rxjs';
import { messageOf } from '../config/errors.js';
import { type WarningEvent, warning } from './events.js';

/**
 * Something that happens beside the stream and cannot hurt it.
 *
 *     source            a--b--c--|
 *     side              A--#
 *     sideStream        aA-(bW)-c--|      W: a warning event
 *
 * `side` gets every value; what it gives is merged in behind the value that caused it. Where it throws or fails, its
 * error becomes a warning, it gets nothing more, and the stream goes on. The result completes when both have, so a
 * side stream must end with its source. How it keeps up with a fast source is its own affair (`newestMap`, `auditTime`,
 * `concatMap` for a short one).
 */
export function sideStream<T, R>(
  name: string,
  side: (source: Observable<T>) => Observable<R>,
): OperatorFunction<T, T | R | WarningEvent> {
  return connect((shared) =>
    merge(
      shared,
      defer(() => side(shared)).pipe(
        catchError((error: unknown) => of(warning(name, `${name}: ${messageOf(error)}`))),
      ),
    ),
  );
}
