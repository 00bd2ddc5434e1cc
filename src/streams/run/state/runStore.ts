/** Holds the current state of a run, and exposes its changes as streams. */
import { BehaviorSubject, distinctUntilChanged, filter, map, type Observable, Subject, take } from 'rxjs';
import {
  type Due,
  initialState,
  nextState,
  type RunInput,
  type RunState,
  type Schedule,
} from './runState.js';

export interface RunStore {
  /** The current state. */
  state(): RunState;
  /** Replaces the state with the one after an event. `due$` has emitted when this returns. */
  dispatch(event: RunInput): void;
  /** Makes `stop$` and `pause$` fail, and so the run, because a stream that controls the run has failed. */
  fail(error: unknown): void;
  /** Emits once, as soon as there is a reason to stop. */
  readonly stop$: Observable<unknown>;
  /** Whether a pause is requested: the current value, then its changes. */
  readonly pause$: Observable<boolean>;
  /** What becomes due from now on; completes when there are no more steps. */
  readonly due$: Observable<Due>;
}

export function runStore(schedule: Schedule): RunStore {
  let state = initialState(schedule);
  const dues = new Subject<Due>();
  // Carries no state: if an event causes another one, the older state would arrive last.
  const changes = new BehaviorSubject<void>(undefined);
  const states$ = changes.pipe(map(() => state));
  return {
    state: () => state,
    dispatch(event) {
      state = nextState(state, event);
      const { due, phase } = state;
      if (due) dues.next(due);
      if (phase === 'ended') dues.complete();
      changes.next();
    },
    fail: (error) => changes.error(error),
    stop$: states$.pipe(
      filter(({ stopReason }) => stopReason !== null),
      take(1),
    ),
    pause$: states$.pipe(
      map(({ pauseRequested }) => pauseRequested),
      distinctUntilChanged(),
    ),
    due$: dues.asObservable(),
  };
}
