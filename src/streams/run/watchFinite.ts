import { concatMap, defer, type Observable, type OperatorFunction, of, throwError } from 'rxjs';
import { checkLimit } from '../../base/checkNumbers.js';
import { NonFiniteLossError } from './errors.js';
import { type StepEvent, type WarningEvent, warning } from './events.js';

/**
 * Emits a warning after each step that was not applied, and fails after too many of them in a row.
 *
 *     steps            a--b----c--|      b's loss is not finite, or exactly 0
 *     watchFinite(2)   a--(bW)-c--|      W: a warning
 *
 * Other events pass unchanged and do not break a row.
 *
 * @param limit number of such steps in a row that ends the stream; the last one is not emitted. With 0 or 1 the first one ends it
 * @returns an operator over step events, alone or among others
 * @throws RangeError at call time when the limit is not an integer of at least 0
 * @throws NonFiniteLossError in the stream after `limit` such steps in a row
 *
 * @example
 * const watched$ = batches$.pipe(trainStep(trainer), watchFinite(20));
 */
export function watchFinite<T extends { readonly type: string }>(
  limit: number,
): OperatorFunction<T | StepEvent, T | StepEvent | WarningEvent> {
  checkLimit('watchFinite', 'limit', limit);
  return (source) =>
    defer(() => {
      let inARow = 0;
      return source.pipe(
        concatMap((event): Observable<T | StepEvent | WarningEvent> => {
          if (!isStep(event)) return of(event);
          inARow = event.applied ? 0 : inARow + 1;
          if (event.applied) return of(event);
          const term = event.zero ?? event.nonFinite ?? 'loss';
          const problem = event.zero ? 'exactly 0' : 'not finite';
          if (inARow >= limit) return throwError(() => new NonFiniteLossError(term, inARow, problem));
          const message = `step ${event.step} was skipped: its ${term} is ${problem} (${inARow} of ${limit} in a row)`;
          return of(event, warning('step', message));
        }),
      );
    });
}

function isStep(event: { readonly type: string }): event is StepEvent {
  return event.type === 'step';
}
