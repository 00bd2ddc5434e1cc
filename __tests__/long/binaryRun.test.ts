/** Runs on images that are made binary: what is trained on, measured, shown and kept in files. */
import { readdir } from 'node:fs/promises';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { lastValueFrom, Subject, tap, toArray } from 'rxjs';
import sharp from 'sharp';
import type { ImageBatch } from '../../src/base/plainData.js';
import { parseConfig } from '../../src/config/parseConfig.js';
import type { NvaeConfig } from '../../src/config/types.js';
import { datasetOf } from '../../src/data/datasetOf.js';
import { useEngine } from '../../src/engine/index.js';
import * as tf from '../../src/engine/tf.js';
import { loadCheckpoint } from '../../src/modelFiles/loadCheckpoint.js';
import { loadModel } from '../../src/modelFiles/loadModel.js';
import { evaluate } from '../../src/streams/evaluation/evaluate.js';
import type { EvaluationResult } from '../../src/streams/evaluation/evaluationEvents.js';
import { encodings } from '../../src/streams/latents/encodings.js';
import { reconstructions } from '../../src/streams/latents/reconstructions.js';
import type { TrainEvent } from '../../src/streams/run/events.js';
import { train } from '../../src/streams/run/train.js';
import type { TrainOptions } from '../../src/streams/run/trainOptions.js';
import { Trainer } from '../../src/training/trainer.js';
import { collect } from '../support/collect.js';
import { smallYaml } from '../support/smallYaml.js';
import { useTemporaryFolder } from '../support/temporaryFolder.js';

const inFolder = useTemporaryFolder();
let options: TrainOptions;
beforeAll(() => useEngine('native').catch(() => useEngine('cpu')));
beforeEach(() => {
  options = {
    dataset: digits,
    weightsFolder: inFolder('weights'),
    picturesFolder: inFolder('images'),
    runsFolder: null,
    previews: { samples: 0 },
  };
});

/** Greys of all kinds: a binary draw of them differs each time. */
const greyAt = (index: number, i: number) => (index * 53 + i * 7) % 256;
const digits = datasetOf(12, (index, size) =>
  Uint8Array.from({ length: 3 * size * size }, (_, i) => greyAt(index, i)),
);
const config = (binarize = 'dynamic', more = '', epochs = 2): NvaeConfig =>
  parseConfig(
    `sampling_method: bernoulli${smallYaml(`epochs: ${epochs}, augmentation: { binarize: ${binarize} }, ${more}`)}`,
    { file: 'small.yaml' },
  );
const held = 'validation: { fraction: 0.4 }';

const run = (given: NvaeConfig, more: TrainOptions = {}): Promise<TrainEvent[]> =>
  lastValueFrom(train(given, { ...options, ...more }).pipe(toArray()));
const measured = (events: readonly TrainEvent[]) =>
  events.flatMap((event) =>
    event.type === 'validation' ? [{ bits: event.bitsPerDimension, nats: event.negativeElbo }] : [],
  );
const isBinary = ({ pixels }: { readonly pixels: Uint8Array }) =>
  pixels.every((value) => value === 0 || value === 255);

/** Keeps all images that the trainer is given. */
function watched() {
  const steps: ImageBatch[] = [];
  const createTrainer: TrainOptions['createTrainer'] = async (given, more) => {
    const trainer = await Trainer.create(given, more);
    const step = trainer.step.bind(trainer);
    trainer.step = (batch, epoch) => {
      steps.push(batch);
      return step(batch, epoch);
    };
    return trainer;
  };
  return { steps, createTrainer };
}

async function stateIn(weights: string) {
  const { tensors, state } = await loadCheckpoint(`${inFolder(weights)}/small.checkpoint`);
  return { tensors: new Map(tensors), state };
}

describe('a run on binary images', () => {
  test('should train on other draws in each epoch, after its own augmentation, and leave no tensor', async () => {
    const before = tf.memory().numTensors;
    const { steps, createTrainer } = watched();
    const halved: TrainOptions['augment'] = (image) => ({
      ...image,
      pixels: image.pixels.map((value) => value / 2),
    });
    const events = await run(config(), { createTrainer, augment: halved });
    expect(tf.memory().numTensors).toBe(before);
    expect(events.at(-1)).toMatchObject({ type: 'finished', imagesSeen: 24 });
    expect(steps).toHaveLength(6);
    expect(steps.every(isBinary)).toBe(true);
    const lit = (batches: readonly ImageBatch[]) =>
      batches.reduce((sum, { pixels }) => sum + pixels.reduce((a, value) => a + value / 255, 0), 0);
    const [first, second] = [lit(steps.slice(0, 3)), lit(steps.slice(3))];
    expect(first).not.toBe(second);
    // half of half of 12 images of 192 values
    for (const share of [first, second]) expect(Math.abs(share / (12 * 192) - 0.25)).toBeLessThan(0.05);
  });

  test('should train on the same images in each epoch with a threshold', async () => {
    const { steps, createTrainer } = watched();
    await run(config('threshold'), { createTrainer });
    const sums = [steps.slice(0, 3), steps.slice(3)].map((batches) =>
      batches.flatMap(({ pixels }) => [...pixels]).reduce((sum, value) => sum + value, 0),
    );
    expect(sums[0]).toBe(sums[1]);
    expect(steps.every(isBinary)).toBe(true);
  });

  test('should resume bit for bit', async () => {
    await run(config(), { weightsFolder: inFolder('whole') });
    const stop$ = new Subject<void>();
    const interrupted$ = train(config(), { ...options, stop$ }).pipe(
      tap((event) => event.type === 'step' && event.step === 4 && stop$.next()),
      toArray(),
    );
    expect((await lastValueFrom(interrupted$)).at(-1)).toMatchObject({ type: 'stopped', step: 4 });
    expect((await run(config()))[0]).toMatchObject({ resumed: { step: 4 } });
    expect(await stateIn('weights')).toEqual(await stateIn('whole'));
  });

  test('should measure the same draws of held-out images each time, as evaluate does with the final model', async () => {
    const constant = 'learning_rate: 1e-30, weight_decay: 0';
    const events = await run(config('dynamic', `${held}, ${constant}`, 3));
    const [first, second, third] = measured(events);
    // only the batch-norm averages move: without new draws, the numbers hardly change
    expect(Math.abs(first!.nats - second!.nats) / first!.nats).toBeLessThan(0.05);
    expect(third!.nats).toBeCloseTo(third!.bits * Math.LN2 * 192, 3);
    const model = await loadModel(`${inFolder('weights')}/final_result_small.model`);
    try {
      const held = events.find((event) => event.type === 'started')!.validationImages!;
      const again = await measuredBy(model, held);
      expect(again).toMatchObject({ binarized: 'dynamic', samplingMethod: 'bernoulli' });
      expect(again.negativeElboMass.mean).toBeCloseTo(again.negativeElbo.mean, 3);
      expect(again.trainingBitsPerDimension!.mean).toBeCloseTo(again.bitsPerDimension.mean, 6);
      expect(await measuredBy(model, held)).toMatchObject({ kl: again.kl, negativeElbo: again.negativeElbo });
      expect((await measuredBy(model, held, 1)).reconstructionLossMass).not.toEqual(
        again.reconstructionLossMass,
      );
    } finally {
      model.dispose();
    }
  });

  test('should show binary originals in previews', async () => {
    await run(config());
    const folder = `${inFolder('images')}/small`;
    const [path] = (await readdir(folder)).filter((name) => name.startsWith('reconstruction'));
    const { data, info } = await sharp(`${folder}/${path}`).raw().toBuffer({ resolveWithObject: true });
    // originals in the upper half
    const originals = data.subarray(0, data.length / 2);
    expect(info.width).toBeGreaterThanOrEqual(64);
    expect(new Set(originals)).toEqual(new Set([0, 255]));
    expect(new Set(data.subarray(data.length / 2)).size).toBeGreaterThan(2);
  });
});

/** The evaluation of the first images, without what depends on time. */
async function measuredBy(model: Parameters<typeof evaluate>[0], count: number, seed = 0) {
  const { seconds, imagesPerSecond, ...result } = (await lastValueFrom(
    evaluate(model, digits, { count, seed }),
  )) as EvaluationResult;
  return result;
}

describe('a model of binary images', () => {
  test('should encode and show the same draws of an image, whatever it is with', async () => {
    await run(config('dynamic', '', 1));
    const model = await loadModel(`${inFolder('weights')}/final_result_small.model`);
    try {
      expect(model.binarize).toBe('dynamic');
      const whole = await collect(reconstructions(model, digits, { batchSize: 12, latents: 'mean' }));
      const parts = await collect(reconstructions(model, digits, { batchSize: 5, latents: 'mean' }));
      const originals = (made: typeof whole) => made.flatMap(({ originals }) => [...originals.pixels]);
      expect(whole.every(({ originals }) => isBinary(originals))).toBe(true);
      expect(originals(parts)).toEqual(originals(whole));
      // binary images stay as they are, so what was shown has the same latents as the image
      const [fromImages] = await collect(encodings(model, digits, { batchSize: 12, latents: 'mean' }));
      const shown = datasetOf(12, (index) =>
        whole[0]!.originals.pixels.slice(index * 192, (index + 1) * 192),
      );
      const [fromShown] = await collect(encodings(model, shown, { batchSize: 12, latents: 'mean' }));
      expect(fromShown).toEqual(fromImages);
    } finally {
      model.dispose();
    }
  });

  test('should refuse to be measured on values between if it does not know how to make them binary', async () => {
    const { model: architecture } = config();
    const { Nvae } = await import('../../src/model/nvae.js');
    const model = Nvae.create(architecture, 1);
    const before = tf.memory().numTensors;
    try {
      expect(model.binarize).toBe('none');
      await expect(measuredBy(model, 2)).rejects.toThrow(/expected the values 0 and 255 for bernoulli/);
      expect(tf.memory().numTensors).toBe(before);
    } finally {
      model.dispose();
    }
  });
});
