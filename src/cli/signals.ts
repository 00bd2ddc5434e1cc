/**
 * Two ways to stop a running command. The first Ctrl-C (or SIGTERM) asks it to finish what it is doing and keep it; the
 * second aborts it at the next step.
 */
import { type Observable, Subject } from 'rxjs';

export interface Interruption {
  /** Emits once, at the first signal. */
  readonly stop$: Observable<void>;
  /** Aborted at the second signal. */
  readonly signal: AbortSignal;
  /** Whether any signal came. */
  readonly interrupted: boolean;
  /** Stops listening. */
  dispose(): void;
}

/** Listens for SIGINT and SIGTERM; `onStop` is called at the first of them. */
export function listenForInterruption(onStop: () => void): Interruption {
  const stop = new Subject<void>();
  const abort = new AbortController();
  let signals = 0;
  const listener = () => {
    signals++;
    if (signals === 1) {
      onStop();
      stop.next();
      stop.complete();
    } else {
      abort.abort();
    }
  };
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return {
    stop$: stop.asObservable(),
    signal: abort.signal,
    get interrupted() {
      return signals > 0;
    },
    dispose: () => {
      process.off('SIGINT', listener).off('SIGTERM', listener);
    },
  };
}
