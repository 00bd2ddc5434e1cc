import { type MonoTypeOperatorFunction, map, Observable, pipe, Subject, type SubjectLike, share } from 'rxjs';

/**
 * One run for all who listen. Who comes late first gets the newest value of each key, then all that follows.
 *
 *     source        a1--b1--a2--b2--|
 *     first         a1--b1--a2--b2--|
 *     second                  (b1,a2)b2--|       (subscribes behind a2)
 *     third                             (a2,b2|) (subscribes after the end)
 *
 * The newest values come in the order in which they came; the end, or the error, follows them. The first subscriber
 * begins the one subscription of the source and nothing begins another. It goes on when nobody listens, so that a
 * dashboard may come and go: what ends a run is its own `stop$`. Every subscriber sees the same order, also where one of
 * them makes the source emit while it is told of a value. A `keyOf` that throws is the stream's error. One value is kept
 * for each key there has been, so keys should be few.
 *
 *     const run$ = train(config, {stop$}).pipe(shareLatest((event) => event.type));
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
