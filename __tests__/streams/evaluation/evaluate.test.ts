import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { filter, firstValueFrom, lastValueFrom, Subject, take, tap } from 'rxjs';
import type { Dataset } from '../../../src/data/dataset.js';
import { datasetOf } from '../../../src/data/datasetOf.js';
import { groupMemory } from '../../../src/group/memory/groupMemory.js';
import { memoryGroup } from '../../../src/group/memory/memoryGroup.js';
import { evaluateBatch } from '../../../src/model/evaluation/evaluateBatch.js';
import type { Nvae } from '../../../src/model/nvae.js';
import { type EvaluateOptions, evaluate } from '../../../src/streams/evaluation/evaluate.js';
import type { EvaluationResult } from '../../../src/streams/evaluation/evaluationEvents.js';
import { collect, pause } from '../../support/collect.js';
import { useTestEngine } from '../../support/engine.js';
import { writePictures } from '../../support/pictures.js';
import { smallBatch } from '../../support/smallConfig.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';
import { withModel } from '../../support/withModel.js';

useTestEngine();
const inFolder = useTemporaryFolder();

const pixelsOf = (index: number) => smallBatch(index, 1).pixels;
const seven = datasetOf(7, pixelsOf);

async function resultOf(model: Nvae, source: string | Dataset, options: EvaluateOptions = {}) {
  return (await lastValueFrom(evaluate(model, source, options))) as EvaluationResult;
}

/** Numbers of a result that do not depend on time. */
const timeless = ({ seconds: _, imagesPerSecond: __, ...result }: EvaluationResult) => result;

describe('evaluate', () => {
  test('should report progress from the start, and then the result', () =>
    withModel(async (model) => {
      const events = await collect(evaluate(model, seven, { batchSize: 3, samples: 2 }));
      const seen = events.map((event) =>
        event.type === 'progress' ? [event.images, event.batchImages, event.draws] : event.type,
      );
      expect(seen).toEqual([
        [0, 0, 0],
        [0, 3, 1],
        [3, 0, 0],
        [3, 3, 1],
        [6, 0, 0],
        [6, 1, 1],
        [7, 0, 0],
        'result',
      ]);
      const [first, , second] = events;
      expect(first).toMatchObject({ total: 7, samples: 2, bitsPerDimension: null });
      expect(second).toMatchObject({ bitsPerDimension: expect.any(Number) });
    }));

  test('should give the means over the images, each of which counts once', () =>
    withModel(async (model) => {
      const all = { pixels: Uint8Array.from([0, 1, 2, 3, 4, 5, 6].flatMap((i) => [...pixelsOf(i)])) };
      const images = { ...all, shape: [7, 8, 8, 3] as const };
      const keys = ['0', '1', '2', '3', '4', '5', '6'];
      const batch = await evaluateBatch(model, images, { samples: 2, seed: 5, keys });
      const result = await resultOf(model, seven, { batchSize: 4, samples: 2, seed: 5 });
      const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / 7;
      const error = (values: Float64Array) =>
        Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / 6 / 7);
      for (const key of ['negativeElboMass', 'importanceWeighted', 'reconstructionLoss', 'ssim'] as const) {
        expect(result[key].mean / mean(batch[key])).toBeCloseTo(1, 5);
        expect((result[key].standardError ?? 0) / error(batch[key])).toBeCloseTo(1, 3);
      }
      batch.kl.forEach((values, level) => {
        expect(result.groups[level]?.kl.mean).toBeCloseTo(mean(values), 4);
      });
      const perBit = 3 * 8 * 8 * Math.LN2;
      expect(result.bitsPerDimension.mean).toBeCloseTo(result.negativeElboMass.mean / perBit, 9);
      expect(result.trainingBitsPerDimension?.mean).toBeCloseTo(result.negativeElbo.mean / perBit, 9);
      expect(result).toMatchObject({ images: 7, skipped: 0, total: 7, stopped: false, samples: 2, seed: 5 });
      expect(result.groups.map(({ size, channels, units }) => [size, channels, units])).toEqual(
        model.latentShapes.map(([size, , channels]) => [size, channels, size * size * channels]),
      );
    }));

  test('batch size should change nothing beyond rounding', () =>
    withModel(async (model) => {
      const [one, other] = [await resultOf(model, seven, { batchSize: 1 }), await resultOf(model, seven)];
      expect(one.importanceWeightedMass.mean / other.importanceWeightedMass.mean).toBeCloseTo(1, 6);
      expect(one.kl.mean / other.kl.mean).toBeCloseTo(1, 4);
      expect(one.groups.map(({ activeUnits }) => activeUnits)).toEqual(
        other.groups.map(({ activeUnits }) => activeUnits),
      );
    }));

  test('should evaluate a folder, skip damaged images with a warning, and evaluate the first images only', () =>
    withModel(async (model) => {
      await writePictures(inFolder(), 3);
      await writeFile(inFolder('01b.png'), 'damaged');
      const warnings: string[] = [];
      const onWarning = (message: string) => warnings.push(message);
      const result = await resultOf(model, inFolder(), { batchSize: 2, onWarning });
      expect(result).toMatchObject({ images: 3, skipped: 1, total: 4, stopped: false });
      expect(warnings).toEqual([expect.stringMatching(/01b\.png: skipped: /)]);
      const two = await resultOf(model, inFolder(), { count: 2 });
      expect(two).toMatchObject({ images: 2, total: 2 });
      const [first] = await collect(evaluate(model, inFolder(), { count: 1 }).pipe(filter(isResult)));
      expect(first?.negativeElbo.standardError).toBeNull();
      expect(first?.groups[0]?.activeUnits).toBeNull();
    }));

  test('a batch of damaged images only should be skipped, and a dataset of them refused', () =>
    withModel(async (model) => {
      const decode = async (index: number) => {
        if (index < 2) throw new Error('damaged');
        return pixelsOf(index);
      };
      const some = await resultOf(model, datasetOf(3, decode), { batchSize: 2 });
      expect(some).toMatchObject({ images: 1, skipped: 2, total: 3 });
      const none = evaluate(model, datasetOf(2, decode, { name: 'mine' }));
      await expect(lastValueFrom(none)).rejects.toThrow('mine: none of its images could be read (2)');
    }));

  test('a stop should give the result of the batches that are done, within a draw', () =>
    withModel(async (model) => {
      const stop$ = new Subject<void>();
      const events = await collect(
        evaluate(model, seven, { batchSize: 2, samples: 50, stop$ }).pipe(
          tap((event) => {
            if (event.type === 'progress' && event.images === 4 && event.draws === 3) stop$.next();
          }),
        ),
      );
      const [before, last] = events.slice(-2);
      expect(before).toMatchObject({ type: 'progress', images: 4, draws: 2 });
      expect(last).toMatchObject({ type: 'result', images: 4, skipped: 0, total: 7, stopped: true });
      const four = await resultOf(model, seven, { count: 4, batchSize: 2, samples: 50 });
      expect(timeless(last as EvaluationResult)).toEqual({ ...timeless(four), total: 7, stopped: true });
    }));

  test('a stop before the first batch is done should end it without a result', () =>
    withModel(async (model) => {
      const stop$ = new Subject<void>();
      const events = await collect(
        evaluate(model, seven, { samples: 1000, stop$ }).pipe(
          tap((event) => event.type === 'progress' && event.draws === 1 && stop$.next()),
        ),
      );
      expect(events.map(({ type }) => type)).not.toContain('result');
    }));

  test('should read at most one batch ahead, and nothing more after an unsubscribe', () =>
    withModel(async (model) => {
      let decoded = 0;
      const dataset = datasetOf(1000, (index) => {
        decoded += 1;
        return pixelsOf(index);
      });
      const isFirstDone = filter(
        ({ type, ...event }: { type: string; images?: number }) => event.images === 5,
      );
      await firstValueFrom(evaluate(model, dataset, { batchSize: 5 }).pipe(isFirstDone));
      const then = decoded;
      expect(then).toBeLessThanOrEqual(15);
      await pause(50);
      expect(decoded).toBeLessThanOrEqual(then + 5);
    }));

  test('should list nothing before a subscription, and again at each', () =>
    withModel(async (model) => {
      let listed = 0;
      const dataset: Dataset = {
        ...seven,
        items: (signal, warn) => {
          listed += 1;
          return seven.items(signal, warn);
        },
      };
      const events$ = evaluate(model, dataset);
      expect(listed).toBe(0);
      const first = (await lastValueFrom(events$)) as EvaluationResult;
      const second = (await lastValueFrom(events$)) as EvaluationResult;
      expect(listed).toBe(2);
      expect(timeless(second)).toEqual(timeless(first));
    }));

  test('should fail if the output of the model is not finite', () =>
    withModel(async (model) => {
      const tensors = await model.store.tensors();
      const [name = ''] = [...tensors.keys()].filter((key) => key.startsWith('to_distribution_conv'));
      const broken = tensors.get(name);
      if (!broken) throw new Error('the head has no tensor');
      const { length } = broken.data;
      const data = new Float32Array(length).fill(Number.NaN);
      model.store.load(new Map([...tensors, [name, { ...broken, data }]]));
      await expect(lastValueFrom(evaluate(model, seven))).rejects.toMatchObject({
        name: 'NonFiniteImagesError',
      });
    }));

  test('should refuse numbers out of range at call time', () =>
    withModel(async (model) => {
      expect(() => evaluate(model, seven, { samples: 0 })).toThrow(
        'evaluate: samples must be a positive integer',
      );
      expect(() => evaluate(model, seven, { batchSize: 0.5 })).toThrow(
        'batchSize must be a positive integer',
      );
      expect(() => evaluate(model, seven, { count: -1 })).toThrow('count must be a positive integer');
      expect(() => evaluate(model, seven, { seed: Number.NaN })).toThrow('seed must be an integer');
      const missing = evaluate(model, inFolder('nowhere')).pipe(take(1));
      await expect(lastValueFrom(missing)).rejects.toMatchObject({ name: 'DatasetError' });
    }));

  test('should give the result of one rank on each of several, in whatever order they end', () =>
    withModel(async (model) => {
      const options = { batchSize: 2, samples: 2, seed: 3 };
      const expected = await resultOf(model, seven, options);
      const memory = groupMemory(3, { timeLimitMs: 10_000 });
      const results = await Promise.all(
        [0, 1, 2].map((rank) => resultOf(model, seven, { ...options, group: memoryGroup(memory, rank) })),
      );
      for (const result of results) {
        expect(timeless(result)).toEqual(timeless(results[0] as EvaluationResult));
        const { images, total, skipped, stopped, groups, ...others } = result;
        expect([images, total, skipped, stopped]).toEqual([7, 7, 0, false]);
        for (const [level, { kl, activeUnits }] of groups.entries()) {
          expect(kl.mean).toBeCloseTo(expected.groups[level]?.kl.mean ?? 0, 9);
          expect(activeUnits).toBe(expected.groups[level]?.activeUnits);
        }
        for (const key of ['bitsPerDimension', 'importanceWeighted', 'kl', 'psnr', 'ssim'] as const) {
          expect(others[key].mean).toBeCloseTo(expected[key].mean, 9);
          expect(others[key].standardError).toBeCloseTo(expected[key].standardError ?? 0, 9);
        }
      }
    }));

  test('should tell rank 0 what another rank skips, and refuse ranks with other images', () =>
    withModel(async (model) => {
      const damaged: Dataset = {
        ...seven,
        decode: (item, size, ...more) => {
          if (item.name === '6') throw new Error('damaged');
          return seven.decode(item, size, ...more);
        },
      };
      const warnings: string[][] = [[], []];
      const memory = groupMemory(2, { timeLimitMs: 10_000 });
      const [first, second] = await Promise.all(
        [0, 1].map((rank) =>
          resultOf(model, damaged, {
            batchSize: 2,
            group: memoryGroup(memory, rank),
            onWarning: (message) => warnings[rank]?.push(message),
          }),
        ),
      );
      expect([first?.images, second?.skipped]).toEqual([6, 1]);
      expect(warnings).toEqual([[expect.stringMatching(/^rank 1: dataset: 6: skipped/)], []]);
      const others = groupMemory(2, { timeLimitMs: 10_000 });
      const refused = await Promise.allSettled(
        [seven, datasetOf(6, pixelsOf)].map((dataset, rank) =>
          resultOf(model, dataset, { group: memoryGroup(others, rank) }),
        ),
      );
      for (const each of refused) {
        expect(String((each as PromiseRejectedResult).reason)).toMatch(
          'GroupError: evaluate: rank 1 has 6 images, on rank 0 7; give all ranks the same images',
        );
      }
    }));
});

function isResult(event: { readonly type: string }): event is EvaluationResult {
  return event.type === 'result';
}
