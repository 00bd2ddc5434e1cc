import { connectable, defer, lastValueFrom, type Observable, Subject, type Subscription, tap } from 'rxjs';
import type { FinishedEvent, StoppedEvent, TrainEvent } from '../../streams/run/events.js';
import { ScreenError } from '../../ui/screenError.js';

export interface RunOnScreenOptions {
  /** Shows the events until they are over and the person has seen it. */
  readonly screen: (events$: Observable<TrainEvent>) => Promise<unknown>;
  /** The screen has failed while the run goes on. */
  readonly onFailure: (error: ScreenError) => void;
  /** Tells each event from then on. */
  readonly tell: (event: TrainEvent) => void;
}

/**
 * A run on a screen, which is a side stream: where it fails the events are told instead, from then on, and the run does not
 * notice.
 *
 *     events      s--t--t--t--f|
 *     screen      s--t--#
 *     told               t--f|
 *
 * Gives how the run has ended. Subscribes to the events once, when the screen does, and unsubscribes when it is left.
 *
 * @throws what the events fail with
 */
export async function runOnScreen(
  events$: Observable<TrainEvent>,
  { screen, onFailure, tell }: RunOnScreenOptions,
): Promise<FinishedEvent | StoppedEvent | undefined> {
  let [told, over] = [false, false];
  let end: FinishedEvent | StoppedEvent | undefined;
  const observed$ = events$.pipe(
    tap({
      next: (event) => {
        if (event.type === 'finished' || event.type === 'stopped') end = event;
        if (told) tell(event);
      },
      finalize: () => {
        over = true;
      },
    }),
  );
  const run = connectable(observed$, { connector: () => new Subject(), resetOnDisconnect: false });
  const ended = lastValueFrom(run, { defaultValue: undefined });
  // An error is whoever's that shows the run.
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
    told = true;
    start();
    await ended;
  } finally {
    running?.unsubscribe();
  }
  return end;
}
