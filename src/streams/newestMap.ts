import { defer, Observable, type ObservableInput, type OperatorFunction } from 'rxjs';

/**
 * One projection at a time; of the values that come meanwhile only the newest waits.
 *
 *     source      a-b-c-------|
 *     newestMap   ----A----C--|     (a projection takes four)
 *
 * For writers that are slower than what they write: bounded, and the last value is always written. Completes when the
 * source has and nothing runs or waits.
 */
export function newestMap<T, R>(project: (value: T) => ObservableInput<R>): OperatorFunction<T, R> {
  return (source) =>
    new Observable((subscriber) => {
      let waiting: { readonly value: T } | null = null;
      let running = false;
      let completed = false;
      const goOn = () => {
        if (running || subscriber.closed) return;
        if (waiting) {
          const { value } = waiting;
          waiting = null;
          running = true;
          const inner = defer(() => project(value)).subscribe({
            next: (result) => subscriber.next(result),
            error: (error) => subscriber.error(error),
            complete: () => {
              running = false;
              goOn();
            },
          });
          subscriber.add(inner);
        } else if (completed) subscriber.complete();
      };
      const outer = source.subscribe({
        next: (value) => {
          waiting = { value };
          goOn();
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          completed = true;
          goOn();
        },
      });
      subscriber.add(outer);
    });
}
