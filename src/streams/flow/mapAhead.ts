import {
  defer,
  finalize,
  from,
  NEVER,
  Observable,
  type ObservableInput,
  type OperatorFunction,
  Subscription,
  takeWhile,
} from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import { coalesceCalls } from './coalesceCalls.js';

/** Options of `mapAhead`. */
export interface MapAheadOptions {
  /** Number of values to prepare while another one is projected. @default 2 */
  readonly ahead?: number;
  /** When it first emits, the running projection finishes and the stream completes. @default never */
  readonly stop$?: ObservableInput<unknown>;
  /** `true` pauses before the next projection, `false` resumes. @default never */
  readonly pause$?: ObservableInput<boolean>;
  /** Called with `true` when the stream pauses, after the running projection, and with `false` when it resumes. */
  readonly onPause?: (paused: boolean) => void;
}

/**
 * Back-pressure for RxJS: prepares at most `ahead` values early, and projects them one at a time, in order.
 *
 *     source       ab---------c--|
 *     mapAhead     -----A---B------(C|)   (preparing takes one, projecting four)
 *     stop$        ------x
 *     mapAhead     -----A---(B|)
 *     pause$       --t-------------f
 *     mapAhead     -----A--------------B--
 *
 * A slow projection slows preparation. Keep source values small, and create large data in `prepare`. No value is lost, repeated or
 * reordered. An error of the source ends the stream at once; an error of a preparation ends it when that value is due. Stopping
 * or unsubscribing aborts the signal passed to `prepare`.
 *
 * @param prepare makes what `project` needs; `signal` aborts when the result is no longer needed. Emitting nothing skips the value
 * @param project runs for one prepared value at a time; what it emits is emitted
 * @param options how far ahead to prepare, and streams that stop or pause
 * @throws RangeError at call time when `ahead` is not a positive integer
 *
 * @example
 * ```ts
 * import { loadModel, mapAhead, samples, useEngine, writeImages } from 'rx-nvae';
 * import { of, range } from 'rxjs';
 *
 * await useEngine();
 * const model = await loadModel('saved_weights/final_result_demo.model');
 * range(0, 100) // at most two batches are in memory
 *   .pipe(
 *     mapAhead(
 *       (i) => samples(model, { firstBatch: i }),
 *       (batch, i) => of(batch).pipe(writeImages((j) => `new/${9 * i + j}.png`)),
 *       { ahead: 1 },
 *     ),
 *   )
 *   .subscribe();
 * ```
 */
export function mapAhead<T, P, R>(
  prepare: (value: T, signal: AbortSignal) => ObservableInput<P>,
  project: (prepared: P, value: T) => ObservableInput<R>,
  { ahead = 2, stop$ = NEVER, pause$ = NEVER, onPause }: MapAheadOptions = {},
): OperatorFunction<T, R> {
  checkCount('mapAhead', 'ahead', ahead);
  return (source) =>
    new Observable((subscriber) => {
      const abort = new AbortController();
      const waiting = fifo<T>();
      const prepared: Preparation<T, P>[] = [];
      let [running, completed, stopping, paused, held] = [false, false, false, false, false];

      const failed = (error: unknown) => subscriber.error(error);
      // A synchronous stream cannot be unsubscribed before `subscribe` returns, so `takeWhile` ends it.
      const wanted = () => !subscriber.closed;
      const prepareMore = () => {
        while (prepared.length < ahead && waiting.size > 0) {
          const value = waiting.take();
          prepared.push(preparation(value, () => prepare(value, abort.signal), goOn));
        }
      };
      const hold = (now: boolean) => {
        if (held === now) return;
        held = now;
        try {
          onPause?.(now);
        } catch (error) {
          failed(error);
        }
      };
      const run = ({ value, result, error }: Preparation<T, P>) => {
        if (error) return failed(error.thrown);
        if (!result) return goOn();
        running = true;
        const done = () => {
          running = false;
          goOn();
        };
        // Release what one projection holds before the next one begins.
        const projection = defer(() => project(result.made, value)).pipe(takeWhile(wanted), finalize(done));
        const next = (projected: R) => subscriber.next(projected);
        subscriber.add(projection.subscribe({ next, error: failed }));
      };
      const goOn = coalesceCalls(() => {
        if (!subscriber.closed && !stopping) prepareMore();
        if (running || subscriber.closed) return;
        if (stopping) return subscriber.complete();
        const [first] = prepared;
        if (!first) return completed ? subscriber.complete() : undefined;
        hold(paused);
        if (paused || stopping || subscriber.closed || !first.settled) return;
        prepared.shift();
        run(first);
        goOn(); // prepare further values only now, so that this does not delay the projection
      });

      subscriber.add(() => {
        abort.abort();
        for (const { subscription } of prepared) subscription.unsubscribe();
      });
      const stop = () => {
        stopping = true;
        abort.abort();
        goOn();
      };
      subscriber.add(from(stop$).subscribe({ next: stop, error: failed }));
      const pause = (now: boolean) => {
        paused = now;
        goOn();
      };
      subscriber.add(from(pause$).subscribe({ next: pause, error: failed }));
      const next = (value: T) => {
        waiting.add(value);
        goOn();
      };
      const complete = () => {
        completed = true;
        goOn();
      };
      if (!subscriber.closed)
        subscriber.add(source.pipe(takeWhile(wanted)).subscribe({ next, error: failed, complete }));
    });
}

/** One value during its preparation, and the result. */
interface Preparation<T, P> {
  readonly value: T;
  readonly subscription: Subscription;
  settled: boolean;
  /** Null if the preparation emitted nothing. */
  result: { readonly made: P } | null;
  error: { readonly thrown: unknown } | null;
}

function preparation<T, P>(
  value: T,
  prepare: () => ObservableInput<P>,
  onSettled: () => void,
): Preparation<T, P> {
  const subscription = new Subscription();
  const entry: Preparation<T, P> = { value, subscription, settled: false, result: null, error: null };
  const settle = () => {
    entry.settled = true;
    onSettled();
  };
  const next = (made: P) => {
    entry.result = { made };
  };
  const error = (thrown: unknown) => {
    entry.error = { thrown };
    settle();
  };
  subscription.add(defer(prepare).subscribe({ next, error, complete: settle }));
  return entry;
}

/** A first-in, first-out list; taking an item does not move the others. */
function fifo<T>() {
  let values: T[] = [];
  let taken = 0;
  return {
    get size() {
      return values.length - taken;
    },
    add: (value: T) => void values.push(value),
    take(): T {
      const value = values[taken] as T;
      taken += 1;
      if (taken > 1000 && taken * 2 > values.length) [values, taken] = [values.slice(taken), 0];
      return value;
    },
  };
}
