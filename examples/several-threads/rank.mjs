/** A rank, in a thread of its own. All ranks call `train` with the same configuration and images; rank 0 writes files and emits all events. */
import { workerData } from 'node:worker_threads';
import { memoryGroup, train, useEngine } from 'rx-nvae';
import { lastValueFrom, tap } from 'rxjs';

const { memory, rank, config, folder, output } = workerData;
const group = memoryGroup(memory, rank);
await useEngine('native');
const events$ = train(config, {
  group,
  dataset: `${folder}/squares`,
  weightsFolder: folder,
  picturesFolder: output,
  runsFolder: null,
});
const last = await lastValueFrom(
  events$.pipe(
    tap((event) => {
      if (event.type === 'started') console.log(`rank ${rank} of ${group.size} has started`);
      else if (event.type === 'epoch') console.log(`epoch ${event.epoch + 1}: loss ${event.loss.toFixed(1)}`);
      else if (event.type === 'warning') console.warn(event.message);
    }),
  ),
);
console.log(`rank ${rank} has ${last.type}`);
await group.close();
