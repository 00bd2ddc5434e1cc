/**
 * Ways to stop a running command. The first Ctrl-C (or SIGTERM, or the terminal closing) lets it finish and save; the second
 * aborts it at the next step. SIGUSR1 requests a checkpoint.
 */
import { type Observable, ReplaySubject, Subject } from 'rxjs';
import { exitInterrupted, exitSignals } from '../start/exitAtInterruption.js';

export interface Interruption {
  /** Emits once, at the first signal; late subscribers receive it at once. */
  readonly stop$: Observable<void>;
  /** Emits at each SIGUSR1. */
  readonly checkpoint$: Observable<void>;
  /** Aborted at the second signal. */
  readonly signal: AbortSignal;
  /** Whether a signal to stop was received. */
  readonly interrupted: boolean;
  /** Stops listening. */
  dispose(): void;
}

/** Listens until `dispose` is called; `onStop` is called at the first signal. */
export function listenForInterruption(onStop: () => void): Interruption {
  const stop = new ReplaySubject<void>(1);
  const checkpoint = new Subject<void>();
  const abort = new AbortController();
  let signals = 0;
  const interrupt = () => {
    signals += 1;
    if (signals > 1) return abort.abort();
    onStop();
    stop.next();
    stop.complete();
  };
  // A closed pipe or terminal is reported again with every line, so it never counts as the second signal.
  const lostOutput = () => {
    if (signals === 0) interrupt();
  };
  const listeners = new Map<NodeJS.Signals, () => void>([
    ['SIGINT', interrupt],
    ['SIGTERM', interrupt],
    ['SIGPIPE', lostOutput],
    ['SIGUSR1', () => checkpoint.next()],
  ]);
  // Without a terminal there is no hang-up to handle, and a listener would disable `nohup`.
  if ([process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY)) {
    listeners.set('SIGHUP', lostOutput);
  }
  for (const [name, listener] of listeners) process.on(name, listener);
  const exited = exitSignals.filter((name) => process.listeners(name).includes(exitInterrupted));
  for (const name of exited) process.off(name, exitInterrupted);
  return {
    stop$: stop.asObservable(),
    checkpoint$: checkpoint.asObservable(),
    signal: abort.signal,
    get interrupted() {
      return signals > 0;
    },
    dispose: () => {
      for (const name of exited) process.on(name, exitInterrupted);
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
