/** Holds the state of a run while it lasts, and tells of its changes. */
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
  state(): RunState;
  /** Gives the state what has happened; `due$` has emitted what that made due when it returns. */
  dispatch(event: RunInput): void;
  /** An error of what the run is controlled by: `stop$` and `pause$` fail with it. */
  fail(error: unknown): void;
  /** Emits once, when there is a reason to stop; at once where there is one already. */
  readonly stop$: Observable<unknown>;
  /** Whether the run is to be paused: at once, and whenever that changes. */
  readonly pause$: Observable<boolean>;
  /** Whatever becomes due from now on; completes when the run's phase is `ended`. */
  readonly due$: Observable<Due>;
}

export function runStore(schedule: Schedule): RunStore {
  let state = initialState(schedule);
  const dues = new Subject<Due>();
  // Says only that there is another state: one that it carried might be out of date where an event causes another.
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
