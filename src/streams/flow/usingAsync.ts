import { defer, Observable, type ObservableInput, takeWhile } from 'rxjs';

/**
 * A stream over a resource that is opened and closed asynchronously.
 *
 *     open         --r|
 *     use(r)         a--b|
 *     usingAsync   --a--b---|     (closing takes three)
 *
 * The end or the error is emitted after the resource is closed. Unsubscribing also closes it, without waiting; a resource that is
 * still opening is closed as soon as it is open. The resource is closed exactly once, even if `use` throws.
 *
 * @param open opens the resource; its signal aborts when the resource is no longer needed
 */
export function usingAsync<R, T>(
  open: (signal: AbortSignal) => Promise<R>,
  use: (resource: R) => ObservableInput<T>,
  close: (resource: R) => Promise<void>,
): Observable<T> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    let closing: Promise<void> | null = null;
    const started = async () => {
      const resource = await open(abort.signal);
      const closeOnce = () => {
        closing ??= (async () => close(resource))();
        return closing;
      };
      if (subscriber.closed) return closeOnce();
      const failed = (error: unknown) => subscriber.error(error);
      const used$ = defer(() => use(resource)).pipe(takeWhile(() => !subscriber.closed));
      const inner = used$.subscribe({
        next: (value) => subscriber.next(value),
        error: (error) =>
          closeOnce().then(
            () => failed(error),
            () => failed(error),
          ),
        complete: () => closeOnce().then(() => subscriber.complete(), failed),
      });
      subscriber.add(inner);
      subscriber.add(() => void closeOnce().catch(() => undefined));
    };
    subscriber.add(() => abort.abort());
    started().catch((error) => subscriber.error(error));
  });
}
