import {
  asyncScheduler,
  catchError,
  concat,
  connect,
  defer,
  endWith,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  type OperatorFunction,
  of,
  type SchedulerLike,
  takeWhile,
} from 'rxjs';
import { checkPositive } from '../../base/checkNumbers.js';
import { messageOf } from '../../base/errors.js';
import { type WarningEvent, warning } from '../run/events.js';
import { longTimer } from './longTimer.js';

export interface SideStreamOptions {
  /** Milliseconds that the side stream has to end when its source has; `Infinity` for no limit. @default 30 000 */
  readonly patience?: number;
  /** @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

const over = Symbol('over');

/**
 * Something that happens beside the stream and cannot hurt it.
 *
 *     source            a--b--c--|
 *     side              A--#
 *     sideStream        aA-(bW)-c--|      W: a warning event
 *
 *     source            a--|
 *     side              A----------
 *     sideStream        aA------(W|)      (a patience of five)
 *
 * `side` gets every value; what it gives is merged in behind the value that caused it. Where it throws or fails, its
 * error becomes a warning, it gets nothing more, and the stream goes on. The result completes when both have; a side
 * stream that has not when the patience is spent is unsubscribed, with a warning, so that none can keep a run from
 * ending. How it keeps up with a fast source is its own affair (`newestMap`, `auditTime`, `concatMap` for a short one).
 *
 * @throws RangeError at call time when `patience` is not positive
 */
export function sideStream<T, R>(
  name: string,
  side: (source: Observable<T>) => Observable<R>,
  { patience = 30_000, scheduler = asyncScheduler }: SideStreamOptions = {},
): OperatorFunction<T, T | R | WarningEvent> {
  checkPositive('sideStream', 'patience', patience);
  const spent$ = longTimer(patience, scheduler);
  const givenUp = warning(name, `${name}: still busy ${patience / 1000} s after its source ended; abandoned`);
  return connect((shared) => {
    const beside$ = defer(() => side(shared)).pipe(
      catchError((error: unknown) => of(warning(name, `${name}: ${messageOf(error)}`))),
      endWith(over),
    );
    const overdue$ = concat(shared.pipe(ignoreElements()), spent$).pipe(mergeMap(() => of(givenUp, over)));
    return merge(
      shared,
      merge(beside$, overdue$).pipe(takeWhile((event): event is R | WarningEvent => event !== over)),
    );
  });
}
