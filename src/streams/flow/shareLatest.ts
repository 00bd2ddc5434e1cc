import { type MonoTypeOperatorFunction, map, Observable, pipe, Subject, type SubjectLike, share } from 'rxjs';

/**
 * Share one run among all subscribers; late ones first receive the latest value of each key.
 *
 *     source        a1--b1--a2--b2--|
 *     first         a1--b1--a2--b2--|
 *     second                  (b1,a2)b2--|       (subscribes after a2)
 *     third                             (a2,b2|) (subscribes after the end)
 *
 * The latest values come in the order in which they were emitted, then the end or the error, if there was one. The first
 * subscriber starts the source, once. It continues when nobody is subscribed, so that a dashboard may come and go: `stop$` of
 * the run ends it. All subscribers see the same order, even if one of them makes the source emit. One value is kept per key,
 * so keys should be few.
 *
 * @param keyOf the key of a value; if it throws, the stream fails with that error
 *
 * @example
 * ```ts
 * import { loadConfig, shareLatest, train, useEngine } from 'rx-nvae';
 *
 * await useEngine();
 * const run$ = train(await loadConfig('demo')).pipe(shareLatest((event) => event.type));
 * run$.subscribe((event) => console.log(event.type));
 * setTimeout(() => run$.subscribe((event) => console.log('late:', event.type)), 60_000);
 * ```
 */
export function shareLatest<T>(keyOf: (value: T) => string): MonoTypeOperatorFunction<T> {
  return pipe(
    map((value: T): Entry<T> => ({ key: keyOf(value), value })),
    share({
      connector: latestSubject<T>,
      resetOnComplete: false,
      resetOnError: false,
      resetOnRefCountZero: false,
    }),
    map(({ value }) => value),
  );
}

interface Entry<T> {
  readonly key: string;
  readonly value: T;
}

/** A subject that greets its subscribers with the newest entry of each key. */
function latestSubject<T>(): SubjectLike<Entry<T>> {
  const newest = new Map<string, Entry<T>>();
  const live = new Subject<Entry<T>>();
  const { now, behind } = turns();
  const greeted = new Observable<Entry<T>>((subscriber) =>
    now(() => {
      for (const entry of [...newest.values()]) subscriber.next(entry);
      live.subscribe(subscriber);
    }),
  );
  return {
    subscribe: (observer) => greeted.subscribe(observer),
    next: (entry) =>
      behind(() => {
        newest.delete(entry.key); // moves it behind the others
        newest.set(entry.key, entry);
        live.next(entry);
      }),
    error: (error) => behind(() => live.error(error)),
    complete: () => behind(() => live.complete()),
  };
}

/**
 * Subscribers may act while they are told of something: what they cause to happen `behind` waits until that is over,
 * what happens `now` does not.
 */
function turns() {
  const waiting: (() => void)[] = [];
  let busy = false;
  const now = (action: () => void) => {
    if (busy) return action();
    busy = true;
    action();
    for (let next = waiting.shift(); next; next = waiting.shift()) next();
    busy = false;
  };
  const behind = (action: () => void) => {
    if (busy) waiting.push(action);
    else now(action);
  };
  return { now, behind };
}
