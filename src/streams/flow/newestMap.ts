import { defer, finalize, Observable, type ObservableInput, type OperatorFunction, takeWhile } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { coalesceCalls } from './coalesceCalls.js';

/** Options of `newestMap`. */
export interface NewestMapOptions<T> {
  /** Number of values that may wait; one more drops the oldest of them. @default 1 */
  readonly waiting?: number;
  /** Number of projections that may run at the same time; they start in order. @default 1 */
  readonly atOnce?: number;
  /** Called with each dropped value; if it throws, the stream fails with that error. */
  readonly onDrop?: (value: T) => void;
}

/**
 * Projects one value at a time, or `atOnce`. Meanwhile it keeps only the newest `waiting` values and drops older ones.
 *
 *     source                    a-b-c-------|
 *     newestMap                 ----A---C---|           (a projection takes four; b is dropped)
 *
 *     source                    abcd--------|
 *     newestMap, 2 waiting      ----A---C---(D|)        (b is dropped)
 *
 * For writers that are slower than their source: with one waiting value it samples, with more it evens out bursts. Memory is
 * bounded, and the last value is always projected. Completes when the source has completed and nothing runs or waits; an
 * error of the source ends it at once.
 *
 * @param project runs for each value that is not dropped
 * @param options how many values wait and run, and what happens to dropped ones
 * @throws RangeError at call time when `waiting` or `atOnce` is not a positive integer
 *
 * @example
 * ```ts
 * import { newestMap } from 'rx-nvae';
 * import { interval, timer } from 'rxjs';
 *
 * interval(10) // ten times faster than the projection
 *   .pipe(newestMap(() => timer(100), { onDrop: (value) => console.log('dropped', value) }))
 *   .subscribe();
 * ```
 */
export function newestMap<T, R>(
  project: (value: T) => ObservableInput<R>,
  { waiting = 1, atOnce = 1, onDrop }: NewestMapOptions<T> = {},
): OperatorFunction<T, R> {
  checkCount('newestMap', 'waiting', waiting);
  checkCount('newestMap', 'atOnce', atOnce);
  return (source) =>
    new Observable((subscriber) => {
      const kept: T[] = [];
      let [running, completed] = [0, false];
      const failed = (error: unknown) => subscriber.error(error);
      // A synchronous stream cannot be unsubscribed before `subscribe` returns, so `takeWhile` ends it.
      const wanted = () => !subscriber.closed;
      const goOn = coalesceCalls(() => {
        if (running >= atOnce || subscriber.closed) return;
        if (kept.length === 0) return completed && running === 0 ? subscriber.complete() : undefined;
        const value = kept.shift() as T;
        running += 1;
        const done = () => {
          running -= 1;
          goOn();
        };
        // Release what one projection holds before the next one begins.
        const inner = defer(() => project(value)).pipe(takeWhile(wanted), finalize(done));
        subscriber.add(inner.subscribe({ next: (result) => subscriber.next(result), error: failed }));
        goOn();
      });
      const next = (value: T) => {
        kept.push(value);
        goOn();
        if (kept.length <= waiting) return;
        const dropped = kept.shift() as T;
        try {
          onDrop?.(dropped);
        } catch (error) {
          failed(error);
        }
      };
      const complete = () => {
        completed = true;
        goOn();
      };
      subscriber.add(() => {
        kept.length = 0;
      });
      subscriber.add(source.pipe(takeWhile(wanted)).subscribe({ next, error: failed, complete }));
    });
}
