/**
 * A training pipeline built from operators, with its own augmentation. Run
 * `npx tsx examples/custom-pipeline/main.ts [folder of images]`. Without a folder it draws coloured squares to train on.
 */
import { join } from 'node:path';
import {
  augment,
  batch,
  decodeImages,
  images,
  shuffle,
  Trainer,
  trainStep,
  useEngine,
  writeImages,
} from 'rx-nvae';
import { concatMap, defer, lastValueFrom, range, tap } from 'rxjs';
import { drawSquares } from '../support/drawSquares.js';
import { outputFolder } from '../support/outputFolder.js';
import { inTemporaryFolder, squaresConfig } from '../support/squares.js';

const { name } = await useEngine('auto');
const config = squaresConfig();
const { seed, batchSize } = config.training;

await inTemporaryFolder(async (own) => {
  const folder = process.argv[2] ?? (await drawSquares(own));
  console.log(`training on ${folder} with engine ${name}`);
  await using trainer = await Trainer.create(config);
  const epoch$ = (epoch: number) =>
    images(folder).pipe(
      shuffle(seed, epoch),
      decodeImages({ size: config.model.inputDimension, channels: config.model.imageChannels }),
      augment((image) => ({ ...image, pixels: image.pixels.map((value) => 255 - value) }), { seed, epoch }),
      batch(batchSize),
      trainStep(trainer, { epoch }),
    );

  const steps$ = range(0, 3).pipe(
    concatMap((epoch) => defer(() => epoch$(epoch))),
    tap(({ step, loss }) => console.log(`step ${step}: loss ${loss.toFixed(1)} nats per image`)),
  );

  await lastValueFrom(steps$);
  const picture = join(await outputFolder('custom-pipeline'), 'samples.png');
  await lastValueFrom(defer(() => trainer.sampleImages(1, 0.8)).pipe(writeImages(picture)));
  console.log(`wrote one sample to ${picture}`);
});
