import type { TrainEvent } from 'rx-nvae';
import { finalize, type Observable, tap } from 'rxjs';

/** Prints how a run goes, with a word for its images. */
export function printed(run$: Observable<TrainEvent>, images: string): Observable<TrainEvent> {
  return run$.pipe(
    tap((event) => {
      if (event.type === 'started') {
        const from = event.resumed ? `resuming after step ${event.resumed.step}` : 'a new run';
        console.log(`${event.images} ${images}, ${from}`);
      } else if (event.type === 'epoch') {
        const { epoch, step, loss } = event;
        console.log(`epoch ${epoch + 1}, step ${step}: mean loss ${loss.toFixed(1)} nats per image`);
      } else if (event.type === 'stopped') console.log(`stopped after step ${event.step}`);
      else if (event.type === 'preview') console.log(`wrote ${event.path}`);
      else if (event.type === 'warning') console.warn(event.message);
    }),
    finalize(() => console.log('released')),
  );
}
