/**
 * A training pipeline put together from operators, with an augmentation of its own: run with
 * `npx tsx examples/custom-pipeline/main.ts [folder of images]`. Without a folder it draws coloured squares to learn from.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  augment,
  batch,
  decodeImages,
  images,
  parseConfig,
  shuffle,
  Trainer,
  trainStep,
  useEngine,
  writeImages,
} from 'rx-nvae';
import { concatMap, defer, lastValueFrom, range, tap } from 'rxjs';
import { drawSquares } from './drawSquares.js';

const config = parseConfig(
  `
channel_towers: 8
number_of_scales: 1
initial_splits_per_scale: 2
latent_size: 4
input_dimension: 16
num_flows: 0
training_parameters:
  batch_size: 8
  warmup_epochs: 4
`,
  { file: 'squares.yaml' },
);

const own = await mkdtemp(join(tmpdir(), 'nvae-example-'));
const folder = process.argv[2] ?? (await drawSquares(own));
const { name } = await useEngine('auto');
console.log(`training on ${folder} with engine ${name}`);

const trainer = await Trainer.create(config);
const epoch$ = (epoch: number) =>
  images(folder).pipe(
    shuffle(config.training.seed, epoch),
    decodeImages({ size: config.model.inputDimension }),
    augment((image) => ({ ...image, pixels: image.pixels.map((value) => 255 - value) }), {
      seed: config.training.seed,
      epoch,
    }),
    batch(config.training.batchSize),
    trainStep(trainer, { epoch }),
  );

const steps$ = range(0, 3).pipe(
  concatMap((epoch) => defer(() => epoch$(epoch))),
  tap({ next: ({ step, loss }) => console.log(`step ${step}: loss ${loss.toFixed(1)} nats per image`) }),
);

await lastValueFrom(steps$);
const picture = join(own, 'samples.png');
await lastValueFrom(defer(() => trainer.sample(1, 0.8)).pipe(writeImages(picture)));
console.log(`wrote one sample to ${picture}`);
await trainer.dispose();
await rm(own, { recursive: true });
