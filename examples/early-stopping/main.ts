/**
 * Early stopping that keeps the best state, with RxJS operators around a run. Run
 * `npx tsx examples/early-stopping/main.ts [folder of images]`. The learning rate is far too high, so that the loss soon stops
 * improving.
 */
import { join } from 'node:path';
import { loadCheckpoint, useEngine } from 'rx-nvae';
import { lastValueFrom, tap } from 'rxjs';
import { drawSquares } from '../support/drawSquares.js';
import { outputFolder } from '../support/outputFolder.js';
import { inTemporaryFolder, squaresConfig } from '../support/squares.js';
import { trainWhileBetter } from './trainWhileBetter.js';

await useEngine('auto');
await inTemporaryFolder(async (folder) => {
  const config = squaresConfig('epochs=30', 'epochs_per_checkpoint=1000', 'learning_rate=0.3');
  const options = {
    dataset: process.argv[2] ?? (await drawSquares(folder)),
    weightsFolder: join(folder, 'weights'),
    picturesFolder: join(folder, 'images'),
    runsFolder: null,
    previews: { samples: 0 },
  };
  const keep = join(await outputFolder('early-stopping'), 'best.checkpoint');
  const run$ = trainWhileBetter(config, options, { keep, patience: 2 }).pipe(
    tap((event) => {
      if (event.type === 'epoch') console.log(`epoch ${event.epoch + 1}, step ${event.step}`);
      if (event.type === 'checkpoint') console.log(`checkpoint of step ${event.step}`);
    }),
  );
  const last = await lastValueFrom(run$);
  const { state } = await loadCheckpoint(keep);
  console.log(`${last.type}; the best state is that of step ${state.position.step}: ${keep}`);
});
