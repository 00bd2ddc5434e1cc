/** What is asked of a run from outside. */
import { map, merge, NEVER, type Observable, ReplaySubject, Subject, Subscription, take } from 'rxjs';
import { longTimer } from '../../flow/longTimer.js';
import type { RunCommand, RunRequest, StopReason } from '../runCommand.js';
import type { TrainOptions } from '../trainOptions.js';

export interface RunControls {
  /** Replays the first reason to stop. */
  readonly stop$: Observable<StopReason>;
  /** Replays the newest. */
  readonly pause$: Observable<boolean>;
  /** What has been asked for and not been done. */
  readonly requests: Set<RunRequest>;
  /** Something was added to `requests`. */
  readonly requested$: Observable<void>;
  /** Stops listening. */
  release(): void;
}

/** Listens from now on: nothing that comes while the run still opens is lost. */
export function listenForControls(options: TrainOptions): RunControls {
  const { commands$ = NEVER, stop$ = NEVER, seconds, scheduler } = options;
  const reasons = new ReplaySubject<StopReason>(1);
  const pauses = new ReplaySubject<boolean>(1);
  const requests = new Set<RunRequest>();
  const requested = new Subject<void>();
  const stops = new Subject<void>();
  const listening = new Subscription();
  const limit$ = seconds === undefined ? NEVER : longTimer(seconds * 1000, scheduler);
  const first$ = merge(
    stops.pipe(map((): StopReason => 'stop')),
    limit$.pipe(map((): StopReason => 'seconds')),
  ).pipe(take(1));
  const failed = (error: unknown) => reasons.error(error);
  const obey = (command: RunCommand) => {
    if (command === 'stop') stops.next();
    else if (command === 'pause' || command === 'resume') pauses.next(command === 'pause');
    else {
      requests.add(command);
      requested.next();
    }
  };
  listening.add(first$.subscribe({ next: (reason) => reasons.next(reason) }));
  listening.add(stop$.subscribe({ next: () => stops.next(), error: failed }));
  listening.add(commands$.subscribe({ next: obey, error: failed }));
  return {
    stop$: reasons,
    pause$: pauses,
    requests,
    requested$: requested,
    release: () => listening.unsubscribe(),
  };
}
