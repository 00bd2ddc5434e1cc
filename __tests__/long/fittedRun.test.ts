/** Images that are fitted as the configuration says, in a run and by all that use its model. */
import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { readOneImage } from '../../src/cli/sampling/readOneImage.js';
import { defaultFit, type ImageFit } from '../../src/config/imageFit.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { loadModel } from '../../src/modelFiles/loadModel.js';
import { evaluate } from '../../src/streams/evaluation/evaluate.js';
import { encodings } from '../../src/streams/latents/encodings.js';
import { reconstructions } from '../../src/streams/latents/reconstructions.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { Trainer } from '../../src/training/trainer.js';
import { smallConfig } from '../support/checkpoints.js';
import { collect } from '../support/collect.js';
import { useTestEngine } from '../support/engine.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

useTestEngine();
const inFolder = useTemporaryFolder();
const [size, count] = [8, 12];
const [width, height] = [24, 12];

/** Wide images: the value of a pixel tells its column and row, its second colour the image. */
const pixelsOf = (index: number, left = 0, top = 0, w = width, h = height) =>
  Uint8Array.from({ length: w * h * 3 }, (_, i) => {
    const [column, row] = [left + (Math.floor(i / 3) % w), top + Math.floor(i / (3 * w))];
    return [column * 10, index * 20, row * 20][i % 3] as number;
  });
const wide = datasetOf(count, (index) => ({ width, height, pixels: pixelsOf(index) }), { name: 'wide' });

test('random crops should be those of training only; validation, previews and commands crop at the position', async () => {
  const trained = new Map<number, Set<string>>();
  const shown: number[][] = [];
  const createTrainer: NonNullable<TrainOptions['createTrainer']> = async (given, more) => {
    const trainer = await Trainer.create(given, more);
    const [step, look] = [trainer.step.bind(trainer), trainer.reconstruct.bind(trainer)];
    trainer.step = (batch, ...rest) => {
      for (let i = 0; i < batch.shape[0]; i += 1) {
        const [column = 0, index = 0, row = 0] = batch.pixels.subarray(i * size * size * 3);
        const places = trained.get(index / 20) ?? new Set();
        trained.set(index / 20, places.add(`${column / 10} ${row / 20}`));
      }
      return step(batch, ...rest);
    };
    trainer.reconstruct = (batch) => {
      for (let i = 0; i < batch.shape[0]; i += 1) {
        const [column = 0, , row = 0] = batch.pixels.subarray(i * size * size * 3);
        shown.push([column / 10, row / 20]);
      }
      return look(batch);
    };
    return trainer;
  };
  const keys = ['epochs=4', 'fit_position=right', 'augmentation.random_crop=1.5', 'validation.fraction=0.3'];
  const options = {
    dataset: wide,
    weightsFolder: inFolder(),
    picturesFolder: inFolder('images'),
    runsFolder: null,
    previews: { samples: 0 },
    createTrainer,
  };
  const events = await collect(train(smallConfig(keys), options));
  expect(events.at(-1)).toMatchObject({ type: 'finished' });
  expect([...trained.values()].every((places) => places.size > 1)).toBe(true);
  // the shorter side is 12, so a square of 8 has room for 4 down and 16 to the right
  const position = [width - size, (height - size) / 2];
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.every((place) => String(place) === String(position))).toBe(true);

  using model = await loadModel(inFolder('final_result_small.model'));
  expect(model.imageFit).toEqual({ ...defaultFit, fitPosition: 'right', randomCrop: 1.5 } satisfies ImageFit);
  const squares = datasetOf(
    count,
    (index) => ({
      width: height,
      height,
      pixels: pixelsOf(index, width - height, 0, height, height),
    }),
    { name: 'squares' },
  );
  const measured = async (dataset: typeof wide) => {
    const result = (await collect(evaluate(model, dataset))).find(({ type }) => type === 'result');
    return result?.type === 'result' && result.bitsPerDimension;
  };
  expect(await measured(wide)).toEqual(await measured(squares));
  const cropOf = (index: number) => [...pixelsOf(index, position[0], position[1], size, size)];
  for (const { names, originals } of await collect(reconstructions(model, wide))) {
    expect([...originals.pixels]).toEqual(names.flatMap((name) => cropOf(Number(name))));
  }
  expect(await collect(encodings(model, wide))).toEqual(await collect(encodings(model, squares)));
  await sharp(pixelsOf(5), { raw: { width, height, channels: 3 } }).toFile(inFolder('5.png'));
  expect([...(await readOneImage(inFolder('5.png'), model)).pixels]).toEqual(cropOf(5));
});
