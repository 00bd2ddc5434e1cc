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

/** Options of `sideStream`. */
export interface SideStreamOptions {
  /** Milliseconds that the side stream may take to end after its source; `Infinity` for no limit. @default 30 000 */
  readonly patience?: number;
  /** Scheduler for `patience`. @default asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

const over = Symbol('over');

/**
 * Runs a side stream, such as a writer, on a stream's values. If it fails or is slow, the main stream still continues.
 *
 *     source            a--b--c--|
 *     side              A--#
 *     sideStream        aA-(bW)-c--|      W: a warning event
 *
 *     source            a--|
 *     side              A----------
 *     sideStream        aA------(W|)      (a patience of five)
 *
 * `side` receives every value; its output is merged in after the value that caused it. If it throws or fails, a warning is
 * emitted, `side` receives nothing more, and the stream continues. The result completes when both have completed. If the side
 * stream is still busy `patience` milliseconds after its source has ended, it is unsubscribed with a warning. The side stream
 * itself decides how to keep up with a fast source (`newestMap`, `auditTime`, `concatMap`).
 *
 * @param name the side stream's name in warnings
 * @param side what to do with the values
 * @param options how long the side stream may take to end
 * @throws RangeError at call time when `patience` is not greater than 0
 *
 * @example
 * ```ts
 * import { loadConfig, sideStream, train, useEngine } from 'rx-nvae';
 * import { appendFile } from 'node:fs/promises';
 * import { concatMap, filter } from 'rxjs';
 *
 * await useEngine();
 * train(await loadConfig('demo'))
 *   .pipe(
 *     sideStream('losses', (events$) =>
 *       events$.pipe(
 *         filter((event) => event.type === 'epoch'),
 *         concatMap(({ epoch, loss }) => appendFile('losses.csv', `${epoch},${loss}\n`)),
 *       ),
 *     ),
 *   )
 *   .subscribe();
 * ```
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
