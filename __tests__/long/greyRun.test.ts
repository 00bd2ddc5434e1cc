/** Grey images, from the files to all that a run and the commands make of them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { of, Subject, tap } from 'rxjs';
import sharp from 'sharp';
import type { NamedImages } from '../../src/base/plainData.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { loadModel } from '../../src/modelFiles/loadModel.js';
import { evaluate } from '../../src/streams/evaluation/evaluate.js';
import { batch } from '../../src/streams/images/batch.js';
import { decodeImages } from '../../src/streams/images/decodeImages.js';
import { images } from '../../src/streams/images/images.js';
import { decodings } from '../../src/streams/latents/decodings.js';
import { encodings } from '../../src/streams/latents/encodings.js';
import { reconstructions } from '../../src/streams/latents/reconstructions.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { interpolation } from '../../src/streams/sampling/interpolation.js';
import { latentWalk } from '../../src/streams/sampling/latentWalk.js';
import { samples } from '../../src/streams/sampling/samples.js';
import { smallConfig } from '../support/checkpoints.js';
import { collect } from '../support/collect.js';
import { useTestEngine } from '../support/engine.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';
import { readLog } from '../support/tensorBoard.js';

useTestEngine();
const inFolder = useTemporaryFolder();
const size = 8;

/** The grey values of a picture. */
const greysOf = (index: number) =>
  Uint8Array.from({ length: size * size }, (_, i) => (index * 53 + i * 3) % 256);

/** Grey PNG files. */
async function writeGreys(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i += 1) {
    const picture = sharp(greysOf(i), { raw: { width: size, height: size, channels: 1 } });
    await writeFile(join(folder, `${i}.png`), await picture.toColourspace('b-w').png().toBuffer());
  }
}

let options: TrainOptions;
beforeEach(async () => {
  options = {
    dataset: inFolder('photos'),
    weightsFolder: inFolder('weights'),
    picturesFolder: inFolder('images'),
    runsFolder: inFolder('runs'),
    previews: { samples: 4, iterations: 1 },
  };
  await writeGreys(inFolder('photos'), 10);
});

function config(training: readonly string[] = [], imageChannels: 1 | 3 = 1): NvaeConfig {
  const { model, ...more } = smallConfig(['epochs=2', 'epochs_per_checkpoint=1', ...training]);
  return { ...more, model: { ...model, imageChannels } };
}

async function metadata(path: string) {
  const { format, channels, width, height } = await sharp(await readFile(path)).metadata();
  return { format, channels, width, height };
}
const stateIn = async (weights: string) => {
  const { tensors, state } = await loadCheckpoint(inFolder(join(weights, 'small.checkpoint')));
  return { tensors: new Map(tensors), state };
};

describe('a run on grey images', () => {
  test('should validate, write grey previews, checkpoint and resume', async () => {
    const training = ['validation.fraction=0.4', 'augmentation.crop=1', 'augmentation.contrast=0.2'];
    const events = await collect(train(config(training), { ...options, weightsFolder: inFolder('whole') }));
    const warnings = events.filter(({ type }) => type === 'warning');
    expect(warnings).toEqual([]);
    const previews = events.filter((event) => event.type === 'preview');
    expect(previews.map(({ kind }) => kind)).toEqual([
      'reconstruction',
      'samples',
      'reconstruction',
      'samples',
    ]);
    const validation = events.find((event) => event.type === 'validation');
    const inputs = validation?.images ?? 0;
    for (const { kind, path } of previews) {
      const extent = kind === 'samples' ? { width: 16, height: 16 } : { width: inputs * size, height: 16 };
      expect(await metadata(path)).toEqual({ format: 'png', channels: 1, ...extent });
    }
    // the first row of a reconstruction is the images as they are in their files
    const [first] = previews;
    const shown = await sharp(first?.path).toColourspace('b-w').raw().toBuffer();
    const known = new Set(Array.from({ length: 10 }, (_, i) => [...greysOf(i).subarray(0, size)].join()));
    for (let i = 0; i < inputs; i += 1) {
      expect(known).toContain([...shown.subarray(i * size, (i + 1) * size)].join());
    }

    const log = await readLog(inFolder('runs/small'));
    const logged = log.flatMap(({ summary }) => summary?.value ?? []).flatMap(({ image }) => image ?? []);
    expect(logged).toHaveLength(4);
    for (const { colorspace, encodedImageString } of logged) {
      expect(colorspace).toBe(1);
      expect((await sharp(encodedImageString).metadata()).channels).toBe(1);
    }

    for (const step of [1, 3, 99]) {
      const stop$ = new Subject<void>();
      const run$ = train(config(training), { ...options, stop$ });
      await collect(run$.pipe(tap((event) => event.type === 'step' && event.step === step && stop$.next())));
    }
    expect(await stateIn('weights')).toEqual(await stateIn('whole'));
  });

  test('should measure, encode, decode, interpolate and sample in one channel', async () => {
    await collect(train(config(['write_reconstruction=false']), { ...options, previews: { samples: 0 } }));
    using model = await loadModel(inFolder('weights/final_result_small.model'));
    expect(model.config.imageChannels).toBe(1);

    const result = (await collect(evaluate(model, inFolder('photos'), { samples: 2 }))).at(-1);
    if (result?.type !== 'result') throw new Error('no result');
    expect(result.dimensions).toBe(size * size);
    expect(result.bitsPerDimension.mean).toBeCloseTo(
      result.negativeElboMass.mean / (size * size * Math.LN2),
      9,
    );
    expect(result.ssim.mean).toBeLessThanOrEqual(1);

    const shapes = (all: readonly { readonly shape: readonly number[] }[]) =>
      all.map(({ shape }) => [...shape]);
    const encoded = await collect(encodings(model, inFolder('photos'), { batchSize: 10 }));
    const decoded = await collect(decodings(model, of(...encoded)));
    expect(shapes(decoded)).toEqual([[10, size, size, 1]]);
    const [pair] = await collect(reconstructions(model, inFolder('photos'), { batchSize: 10 }));
    expect([...(pair?.originals.pixels.subarray(0, size * size) ?? [])]).toEqual([...greysOf(0)]);
    expect(pair?.images.pixels).toEqual(decoded[0]?.pixels);

    const two = await collect(images(inFolder('photos')).pipe(decodeImages({ size, channels: 1 }), batch(1)));
    const [one, other] = await Promise.all(two.slice(0, 2).map((recipe) => recipe.make()));
    const between = await collect(interpolation(model, one as NamedImages, other as NamedImages, { n: 2 }));
    expect(shapes(between)).toEqual([1, 1].map(() => [1, size, size, 1]));
    expect(shapes(await collect(samples(model, { count: 3 })))).toEqual([[3, size, size, 1]]);
    const [walk] = await collect(latentWalk(model, { group: 0, variants: 2 }));
    expect(walk && shapes([walk.original, walk.variants])).toEqual([
      [1, size, size, 1],
      [2, size, size, 1],
    ]);

    const colours = await collect(images(inFolder('photos')).pipe(decodeImages({ size }), batch(2)));
    await expect(collect(encodings(model, of(...colours)))).rejects.toThrow(
      'images: expected [batch, 8, 8, 1] with 128 bytes, got [2, 8, 8, 3] with 384 bytes; decode them with channels 1',
    );
  });

  test('should be the same run on files and datasets, in grey and in colour', async () => {
    const grey = datasetOf(10, (index) => greysOf(index));
    const colour = datasetOf(10, (index) =>
      Uint8Array.from({ length: 3 * size * size }, (_, i) => greysOf(index)[Math.floor(i / 3)] ?? 0),
    );
    const more = { runsFolder: null, previews: { samples: 0 } };
    const run = async (weights: string, dataset: TrainOptions['dataset'], channels: 1 | 3) => {
      const settings = config(['epochs=1', 'write_reconstruction=false'], channels);
      await collect(train(settings, { ...options, ...more, dataset, weightsFolder: inFolder(weights) }));
      return (await stateIn(weights)).tensors;
    };
    const tensors = await run('grey', grey, 1);
    expect(await run('files', options.dataset, 1)).toEqual(tensors);
    expect(await run('repeated', colour, 1)).toEqual(tensors);
    expect(await run('grey for colour', grey, 3)).toEqual(await run('colour', colour, 3));
  });

  test('should warn about images of one grey', async () => {
    const black = datasetOf(4, () => new Uint8Array(size * size).fill(128), { name: 'flat' });
    const events = await collect(
      train(config(['epochs=1']), { ...options, dataset: black, previews: { samples: 0 } }),
    );
    const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
    expect(warnings).toEqual([
      'the first 4 images are all one colour (grey 128); check that this is the right dataset, and how its images are encoded',
    ]);
  });
});
