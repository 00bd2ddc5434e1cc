/**
 * A run inside a larger graph of observables. Settings arrive as a stream, for example from a form. Each new one stops the run,
 * waits until it has released everything, and resumes from its checkpoint with the new setting. Run
 * `npx tsx examples/settings/main.ts [folder of images]`.
 */
import { join } from 'node:path';
import { newestMap, train, useEngine } from 'rx-nvae';
import {
  BehaviorSubject,
  filter,
  lastValueFrom,
  map,
  type Observable,
  Subject,
  skip,
  takeUntil,
  tap,
} from 'rxjs';
import { drawSquares } from '../support/drawSquares.js';
import { inTemporaryFolder, squaresConfig } from '../support/squares.js';

interface Settings {
  readonly learningRate: number;
}

/**
 * The losses of a run that follows the settings.
 *
 *     settings$   a---------b-------c-|
 *     losses      --a-a-a-a-(a)b-b-b-(b)c-c-c-c|       (the running step is finished, and counts)
 *
 * `switchMap` would start the new run while the old one still holds its memory and its lock, and lose the steps since its last
 * checkpoint. Here `stop$` stops the old run, and `newestMap` waits for its end; of the settings that arrive meanwhile, only the
 * newest is used.
 */
function losses(settings$: BehaviorSubject<Settings>, folder: string, dataset: string): Observable<string> {
  return settings$.pipe(
    newestMap(({ learningRate }) =>
      train(squaresConfig(`learning_rate=${learningRate}`, 'epochs_per_checkpoint=1000'), {
        dataset,
        weightsFolder: join(folder, 'weights'),
        picturesFolder: join(folder, 'images'),
        runsFolder: null,
        previews: { samples: 0 },
        stop$: settings$.pipe(skip(1)),
      }),
    ),
    tap((event) => {
      if (event.type === 'started') console.log(`run starts after step ${event.resumed?.step ?? 0}`);
      if (event.type === 'stopped') console.log(`stopped after step ${event.step}, everything released`);
    }),
    filter((event) => event.type === 'step'),
    map(
      ({ step, learningRate, loss }) =>
        `step ${step}: learning rate ${learningRate}, loss ${loss.toFixed(1)}`,
    ),
  );
}

await useEngine('auto');
await inTemporaryFolder(async (folder) => {
  const dataset = process.argv[2] ?? (await drawSquares(folder));
  const settings$ = new BehaviorSubject<Settings>({ learningRate: 0.01 });
  const left$ = new Subject<void>();
  // A simulated user: another setting at the fourth step, two at once at the eighth, unsubscribe after the twelfth.
  const user: Record<number, () => void> = {
    4: () => settings$.next({ learningRate: 0.005 }),
    8: () => {
      settings$.next({ learningRate: 0.5 });
      settings$.next({ learningRate: 0.002 });
    },
    12: () => left$.next(),
  };
  let steps = 0;
  const shown$ = losses(settings$, folder, dataset).pipe(
    tap((line) => {
      console.log(line);
      steps += 1;
      user[steps]?.();
    }),
    takeUntil(left$),
  );
  await lastValueFrom(shown$);
  console.log('unsubscribed: the run ends after its step and saves nothing');
});
