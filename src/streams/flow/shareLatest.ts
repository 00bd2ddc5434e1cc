import { type MonoTypeOperatorFunction, map, Observable, pipe, Subject, type SubjectLike, share } from 'rxjs';

/**
 * Shares one subscription to the source among all subscribers; late ones first receive the latest value of each key.
 *
 *     source        a1--b1--a2--b2--|
 *     first         a1--b1--a2--b2--|
 *     second                  (b1,a2)b2--|       (subscribes after a2)
 *     third                             (a2,b2|) (subscribes after the end)
 *
 * A late subscriber receives the latest values in the order in which they were emitted, then the end or the error if there was
 * one. The first subscriber starts the source, once. The source continues without subscribers, so a dashboard may disconnect and
 * reconnect; to end a run use its `stop$`. All subscribers see the same order, even if one of them makes the source emit. One
 * value is kept per key, so keep the number of keys small.
 *
 * @param keyOf returns the key of a value; if it throws, the stream fails with that error
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

/** A subject that first sends new subscribers the newest entry of each key. */
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
        newest.delete(entry.key); // moves it to the end
        newest.set(entry.key, entry);
        live.next(entry);
      }),
    error: (error) => behind(() => live.error(error)),
    complete: () => behind(() => live.complete()),
  };
}

/**
 * Orders actions that subscribers cause while they handle an action: `behind` runs after the current action, `now` runs at
 * once.
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
