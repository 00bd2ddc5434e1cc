import { connectable, defer, lastValueFrom, type Observable, Subject, type Subscription, tap } from 'rxjs';
import type { FinishedEvent, StoppedEvent, TrainEvent } from '../../streams/run/events.js';
import { ScreenError } from '../../ui/screenError.js';

export interface RunOnScreenOptions {
  /** Shows the events until they have ended and the screen is closed. */
  readonly screen: (events$: Observable<TrainEvent>) => Promise<unknown>;
  /** Called if the screen fails; the run continues. */
  readonly onFailure: (error: ScreenError) => void;
  /** Reports each event after that. */
  readonly report: (event: TrainEvent) => void;
}

/**
 * Shows a run on a screen. The screen is a side stream: if it fails, later events are reported as lines, and the run is not
 * affected.
 *
 *     events      s--t--t--t--f|
 *     screen      s--t--#
 *     lines              t--f|
 *
 * Returns the last event of the run. Subscribes to the events once, when the screen does, and unsubscribes when it closes.
 *
 * @throws the error of the events
 */
export async function runOnScreen(
  events$: Observable<TrainEvent>,
  { screen, onFailure, report }: RunOnScreenOptions,
): Promise<FinishedEvent | StoppedEvent | undefined> {
  let [reporting, over] = [false, false];
  let end: FinishedEvent | StoppedEvent | undefined;
  const observed$ = events$.pipe(
    tap({
      next: (event) => {
        if (event.type === 'finished' || event.type === 'stopped') end = event;
        if (reporting) report(event);
      },
      finalize: () => {
        over = true;
      },
    }),
  );
  const run = connectable(observed$, { connector: () => new Subject(), resetOnDisconnect: false });
  const ended = lastValueFrom(run, { defaultValue: undefined });
  // The screen or the wait below reports the error.
  ended.catch(() => undefined);
  let running: Subscription | undefined;
  const start = () => {
    running ??= run.connect();
  };
  const shown$ = defer(() => {
    queueMicrotask(start);
    return run;
  });
  try {
    await screen(shown$);
  } catch (error) {
    if (!(error instanceof ScreenError)) throw error;
    if (!over) onFailure(error);
    reporting = true;
    start();
    await ended;
  } finally {
    running?.unsubscribe();
  }
  return end;
}
