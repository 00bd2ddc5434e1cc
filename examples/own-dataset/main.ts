/**
 * Trains on images that a function draws, without files. Run `npx tsx examples/own-dataset/main.ts`. The run is stopped in the
 * middle of an epoch and then resumed, as with a folder.
 */
import { datasetOf, train, useEngine } from 'rx-nvae';
import { lastValueFrom, Subject, tap } from 'rxjs';
import { outputFolder } from '../support/outputFolder.js';
import { printed } from '../support/printed.js';
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
  await lastValueFrom(printed(stopping$, 'discs'));
  await lastValueFrom(printed(train(config, options), 'discs'));
});
