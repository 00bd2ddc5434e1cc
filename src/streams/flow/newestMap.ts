import { defer, finalize, Observable, type ObservableInput, type OperatorFunction, takeWhile } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { coalesceCalls } from './coalesceCalls.js';

export interface NewestMapOptions<T> {
  /** Values that may wait; when one more comes, the oldest of them is dropped. @default 1 */
  readonly waiting?: number;
  /** Projections that may run at the same time, begun in order. @default 1 */
  readonly atOnce?: number;
  /** Told of each value that is dropped; where it throws, that is the stream's error. */
  readonly onDrop?: (value: T) => void;
}

/**
 * One projection at a time, or `atOnce`; of the values that come meanwhile only the newest few wait.
 *
 *     source                    a-b-c-------|
 *     newestMap                 ----A---C---|           (a projection takes four; b is dropped)
 *
 *     source                    abcd--------|
 *     newestMap, 2 waiting      ----A---C---(D|)        (b is dropped)
 *
 * This is how a writer that is slower than what it writes says what it does about that: with one value waiting it
 * samples, with more it is a buffer that evens out bursts. Either way it is bounded, and the last value is always
 * written. Completes when the source has and nothing runs or waits; an error of the source ends it at once.
 *
 * @throws RangeError at call time when `waiting` or `atOnce` is no positive integer
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
      // A synchronous stream cannot be unsubscribed from before it has returned; this is what ends one.
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
        // What one projection holds is released before the next one begins.
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
