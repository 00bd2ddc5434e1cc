/** Tests that several ranks compute what one rank would with all images. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { imageAt, joinImages } from '../../../src/base/imageBatches.js';
import type { ImageBatch, TensorData } from '../../../src/base/plainData.js';
import type { ImageChannels, ModelConfig, TrainingConfig } from '../../../src/config/types.js';
import { smallBatch, smallConfig } from '../smallConfig.js';
import { type RankedResult, type RankedRun, trainRanks } from './trainRanks.js';

export interface RankedCase {
  readonly model?: Partial<ModelConfig>;
  readonly training?: Partial<TrainingConfig>;
  /** Numbers of images in the steps, again and again. @default 5 each */
  readonly images?: readonly number[];
  /** @default 1 */
  readonly epoch?: number;
  readonly ownLoss?: boolean;
  /**
   * Largest relative difference of numbers, and largest difference of weights; weights change by 0.01 in a step.
   * @default 1e-5 and 1e-4
   */
  readonly within?: readonly [numbers: number, weights: number];
}

const { augmentation } = smallConfig().training;

/** Settings of a model of binary images. */
export const binary = {
  model: { imageChannels: 1, samplingMethod: 'bernoulli' },
  training: { augmentation: { ...augmentation, binarize: 'threshold' } },
} as const;

/** The run of a case. */
export function rankedRun(
  { model, training, images = [5], epoch = 1, ownLoss = false }: RankedCase,
  steps: number,
): RankedRun {
  const config = smallConfig(model, { batchSize: 7, ...training });
  const batches = Array.from({ length: steps }, (_, i) =>
    batchOf(i, images[i % images.length] as number, config.model.inputDimension, config.model.imageChannels),
  );
  return { config, batches, epoch, ownLoss };
}

/** Images that differ from each other. */
function batchOf(step: number, images: number, size: number, channels: ImageChannels): ImageBatch {
  const image = (i: number) => imageAt(smallBatch(step + 7 * i * i, 1, size, channels), 0);
  return joinImages(Array.from({ length: images }, (_, i) => image(i)));
}

/** Trains each case with one rank and with each of the sizes. */
export function describeRanks(
  sizes: readonly number[],
  cases: Record<string, RankedCase>,
  steps: number,
): void {
  const runs = Object.values(cases).map((each) => rankedRun(each, steps));
  let one: RankedResult[] = [];
  beforeAll(async () => {
    one = (await trainRanks(1, runs))[0] as RankedResult[];
  }, 120_000);

  describe.each(sizes)('%i ranks should train as one with', (size) => {
    let all: RankedResult[][] = [];
    beforeAll(async () => {
      all = await trainRanks(size, runs);
    }, 240_000);

    test.each(Object.keys(cases).map((name, i) => [name, i] as const))('%s', (name, i) => {
      const ranks = all.map((results) => results[i] as RankedResult);
      expectSameBits(ranks);
      expectSame(ranks[0] as RankedResult, one[i] as RankedResult, cases[name]?.within);
    });
  });
}

/** Which steps are replayed depends on the numbers of images of a rank. */
export function expectSameBits(results: readonly RankedResult[]): void {
  const [first, ...others] = results.map(({ replays: _, tensors, ...result }) => ({
    ...result,
    tensors: [...tensors],
  }));
  for (const other of others) expect(other).toEqual(first);
}

function expectSame(
  got: RankedResult,
  expected: RankedResult,
  [numbers, weights]: readonly [number, number] = [1e-5, 1e-4],
): void {
  expect(got.tensorsLeft).toBe(0);
  for (const [i, step] of expected.steps.entries()) expectNumbers(got.steps[i], step, numbers);
  expect([...got.tensors.keys()]).toEqual([...expected.tensors.keys()]);
  const differences = [...expected.tensors].map(
    ([name, values]) => [difference(got.tensors.get(name) as TensorData, values), name] as const,
  );
  expect(differences.filter(([much]) => !(much < weights))).toEqual([]);
}

/** The numbers of a step may differ by rounding; what counts must be equal. */
function expectNumbers(got: unknown, expected: unknown, within: number): void {
  if (typeof expected === 'number' && !Number.isInteger(expected)) {
    expect(Math.abs((got as number) - expected)).toBeLessThan(within * Math.max(1, Math.abs(expected)));
  } else if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(got as object)).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) {
      expectNumbers((got as Record<string, unknown>)[key], value, within);
    }
  } else expect(got).toEqual(expected);
}

/** The largest difference, in units of the largest value if that is more than 1. */
function difference({ data: got }: TensorData, { data: expected }: TensorData): number {
  let [most, scale] = [0, 1];
  for (const [i, value] of expected.entries()) {
    most = Math.max(most, Math.abs(value - (got[i] ?? Number.NaN)));
    scale = Math.max(scale, Math.abs(value));
  }
  return most / scale;
}
