import { defer, EMPTY, finalize, merge, type Observable, of, repeat, Subject, tap } from 'rxjs';
import type {
  EpochEvent,
  PausedEvent,
  ResumedEvent,
  StepEvent,
  ValidationEvent,
  WarningEvent,
} from '../events.js';
import type { Run } from '../opening/run.js';
import { isOver, nextEpoch } from '../state/runState.js';
import type { RunStore } from '../state/runStore.js';
import type { TrainOptions } from '../trainOptions.js';
import { validationEvents } from '../validation/validationEvents.js';
import { watchFinite } from '../watchFinite.js';
import { epochEvents } from './epochEvents.js';

export type RunEpochsEvent =
  | StepEvent
  | EpochEvent
  | ValidationEvent
  | WarningEvent
  | PausedEvent
  | ResumedEvent;

/**
 * The events of all epochs and validations until the state says that the run is over, and of pauses between steps. Each event goes
 * to the state before it is emitted.
 *
 * @throws NonFiniteLossError in the stream after too many steps in a row that were not applied
 */
export function runEpochs(run: Run, options: TrainOptions, store: RunStore): Observable<RunEpochsEvent> {
  return defer(() => {
    const { state, dispatch, stop$, pause$ } = store;
    const pauses = new Subject<PausedEvent | ResumedEvent>();
    const onPause = (paused: boolean) => {
      const type = paused ? 'paused' : 'resumed';
      dispatch({ type });
      pauses.next({ type, ...state().position });
    };
    const isStopped = () => state().stopReason !== null;
    const controls = { stop$, isStopped, pause$, onPause };
    const next$ = defer((): Observable<StepEvent | EpochEvent | ValidationEvent> => {
      const { validationDue: epoch } = state();
      if (run.validation === null || epoch === null) {
        return epochEvents(run, options, nextEpoch(state()), controls);
      }
      return validationEvents(run, run.validation, options, store, epoch, controls);
    });
    const epochs$ = defer(() => (isOver(state()) ? EMPTY : next$)).pipe(
      repeat({ delay: () => (isOver(state()) ? EMPTY : of(null)) }),
      watchFinite(run.config.training.nonFiniteLimit),
      tap((event) => (event.type === 'step' || event.type === 'epoch') && dispatch(event)),
      finalize(() => pauses.complete()),
    );
    return merge(pauses, epochs$);
  });
}
