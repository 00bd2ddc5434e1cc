// examples/early-stopping/trainWhileBetter.ts
import { copyFile } from 'node:fs/promises';
import { type NvaeConfig, type RunCommand, type TrainEvent, type TrainOptions, train } from 'rx-nvae';
import {
  concatMap,
  connect,
  defer,
  filter,
  ignoreElements,
  map,
  merge,
  type Observable,
  Subject,
  scan,
  share,
  tap,
  withLatestFrom,
} from 'rxjs';

export interface Patience {
  /** Path for the state after the best epoch. */
  readonly keep: string;
  /** Epochs without improvement after which the run stops. */
  readonly patience: number;
}

/** A run that stops when the loss no longer improves. */
export function trainWhileBetter(
  config: NvaeConfig,
  options: TrainOptions,
  { keep, patience }: Patience,
): Observable<TrainEvent> {
  return defer(() => {
    const commands$ = new Subject<RunCommand>();
    return train(config, { ...options, commands$ }).pipe(
      connect((run$) => {
        const progress$ = run$.pipe(
          filter((event) => event.type === 'epoch'),
          // The negative ELBO: the loss itself grows while the KL is warmed up.
          map(({ step, reconstructionLoss, kl }) => ({ step, value: reconstructionLoss + kl })),
          scan(
            (best, now) =>
              now.value < best.value ? { ...now, worse: 0 } : { ...best, worse: best.worse + 1 },
            { step: 0, value: Number.POSITIVE_INFINITY, worse: 0 },
          ),
          tap(({ worse }) => {
            if (worse === 0) commands$.next('pause');
            if (worse === patience) commands$.next('stop');
          }),
          share(),
        );
        // While the run is paused, nothing can overtake the state to be saved.
        const asked$ = run$.pipe(
          filter(({ type }) => type === 'paused'),
          tap(() => commands$.next('checkpoint')),
        );
        const kept$ = run$.pipe(
          filter((event) => event.type === 'checkpoint'),
          withLatestFrom(progress$),
          filter(([{ step }, best]) => step === best.step),
          concatMap(([{ path }]) => copyFile(path, keep)),
          tap(() => commands$.next('resume')),
        );
        return merge(merge(asked$, kept$).pipe(ignoreElements()), run$);
      }),
    );
  });
}
