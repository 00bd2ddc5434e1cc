/**
 * Trains on images that a function draws, without files. Run `npx tsx examples/own-dataset/main.ts`. The run is stopped in the
 * middle of an epoch and then resumed, as with a folder.
 */
import { datasetOf, type TrainEvent, train, useEngine } from 'rx-nvae';
import { finalize, lastValueFrom, type Observable, Subject, tap } from 'rxjs';
import { outputFolder } from '../support/outputFolder.js';
import { inTemporaryFolder, squaresConfig } from '../support/squares.js';
import { drawDisc } from './drawDisc.js';

const dataset = datasetOf(64, drawDisc, { name: 'discs' });
const config = squaresConfig('epochs=3');
const output = await outputFolder('own-dataset');

await useEngine('auto');
await inTemporaryFolder(async (folder) => {
  const options = { name: 'discs', dataset, weightsFolder: folder, picturesFolder: output, runsFolder: null };
  const stop$ = new Subject<void>();
  const stopping$ = train(config, { ...options, stop$ }).pipe(
    tap((event) => {
      if (event.type === 'step' && event.step === 11) stop$.next();
    }),
  );
  await lastValueFrom(printed(stopping$));
  await lastValueFrom(printed(train(config, options)));
});

function printed(run$: Observable<TrainEvent>): Observable<TrainEvent> {
  return run$.pipe(
    tap((event) => {
      if (event.type === 'started') {
        const from = event.resumed ? `resuming after step ${event.resumed.step}` : 'a new run';
        console.log(`${event.images} discs, ${from}`);
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
