import { describe, expect, jest, test } from '@jest/globals';
import { concat, from, type Observable, of, range, take, throwError } from 'rxjs';
import type { ImageBatch } from '../../../src/base/plainData.js';
import type { SampleSource } from '../../../src/model/sampleSource.js';
import { mapAhead } from '../../../src/streams/flow/mapAhead.js';
import { samples } from '../../../src/streams/sampling/samples.js';
import type { Trainer } from '../../../src/training/trainer.js';
import { collect, pause } from '../../support/collect.js';
import { useTestEngine } from '../../support/engine.js';
import { marbles } from '../../support/marbles.js';
import { greyBatch } from '../../support/recipes.js';
import { withModel } from '../../support/withModel.js';

useTestEngine();

/** Images whose grey tells which draw they are of. */
function fakeTrainer() {
  const sampleImages = jest.fn<Trainer['sampleImages']>(async (count, _temperature, { draw = 0 } = {}) =>
    greyBatch(1, ...Array<number>(count).fill(draw)),
  );
  return { sampleImages };
}

const counts = (batches: readonly ImageBatch[]) => batches.map(({ shape }) => shape[0]);

describe('samples', () => {
  test.each([
    ['never', '-----', '-----', '^----'],
    ['empty', '--|  ', '--|  ', '^-!  '],
    ['error', '--#  ', '--#  ', '^-!  '],
  ])('should cope with a stream of models that is %s', (_, given, expected, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<SampleSource>(given.trim());
      expectObservable(samples(source)).toBe(expected.trim());
      expectSubscriptions(source.subscriptions).toBe(subs.trim());
    });
  });

  test('should give the wanted number in batches, the same for the same seed, and leave no tensor', () =>
    withModel(async (model) => {
      const make = (seed: number, temperature = 1) =>
        collect(samples(model, { count: 7, batchSize: 3, seed, temperature }));
      const [first, again, other, cold] = [await make(1), await make(1), await make(2), await make(1, 0.1)];
      expect(counts(first)).toEqual([3, 3, 1]);
      expect(again).toEqual(first);
      expect(other).not.toEqual(first);
      expect(cold).not.toEqual(first);
    }));

  test('should draw anew for each batch, and take what is asked for of the distribution', () =>
    withModel(async (model) => {
      const [a, b] = await collect(samples(model, { count: 4, batchSize: 2 }));
      expect(a).not.toEqual(b);
      const [drawn] = await collect(samples(model, { count: 2, batchSize: 2, statistic: 'sample' }));
      expect(drawn).not.toEqual(a);
    }));

  test.each([
    [1, 9, [1]],
    [9, 9, [9]],
    [10, 9, [9, 1]],
    [3, 1, [1, 1, 1]],
  ])('should make %d images in batches of %d', async (count, batchSize, sizes) => {
    const trainer = fakeTrainer();
    const batches = await collect(samples(trainer, { count, batchSize }));
    expect(counts(batches)).toEqual(sizes);
    expect(batches.map(({ pixels }) => pixels[0])).toEqual(sizes.map((_, draw) => draw));
  });

  test('should begin with the batch that is asked for, the same as behind those before it', () =>
    withModel(async (model) => {
      const all = await collect(samples(model, { count: 8, batchSize: 3 }));
      expect(await collect(samples(model, { count: 5, batchSize: 3, firstBatch: 1 }))).toEqual(all.slice(1));
      for (const firstBatch of [-1, 0.5]) {
        const message = `samples: firstBatch must be an integer of at least 0, got ${firstBatch}`;
        expect(() => samples(model, { firstBatch })).toThrow(message);
      }
    }));

  test.each([Number.NaN, 0.5, Number.POSITIVE_INFINITY])('should refuse the seed %d', (seed) => {
    expect(() => samples(fakeTrainer(), { seed })).toThrow(`samples: seed must be an integer, got ${seed}`);
  });

  test('should never run ahead of a slow writer by more than a batch, asked for one at a time', async () => {
    let [made, written, most] = [0, 0, 0];
    const trainer = fakeTrainer();
    trainer.sampleImages.mockImplementation(async (count) => {
      made += 1;
      most = Math.max(most, made - written);
      return greyBatch(1, ...Array<number>(count).fill(made));
    });
    const write = async (batch: ImageBatch) => {
      await pause(2);
      written += 1;
      return batch.pixels[0];
    };
    const batch = (i: number) => samples(trainer, { count: 9, firstBatch: i });
    const numbers = await collect(range(0, 30).pipe(mapAhead(batch, write, { ahead: 1 })));
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(trainer.sampleImages.mock.calls.map(([, , options]) => options?.draw)).toEqual(
      numbers.map((n) => n! - 1),
    );
    expect(most).toBe(2); // the one that is written, and one
  });

  test('should ask a trainer as it is told', async () => {
    const trainer = fakeTrainer();
    await collect(samples(trainer, { count: 2, temperature: 0.5, statistic: 'sample' }));
    expect(trainer.sampleImages.mock.calls).toEqual([[2, 0.5, { statistic: 'sample', draw: 0 }]]);
    await collect(samples(trainer, { seed: 7 }));
    expect(trainer.sampleImages).toHaveBeenLastCalledWith(9, 1, { statistic: 'mean', draw: 0, seed: 7 });
    await collect(samples(trainer));
    expect(trainer.sampleImages).toHaveBeenLastCalledWith(9, 1, { statistic: 'mean', draw: 0 });
  });

  test('should take one model after the other, one batch at a time', async () => {
    let running = 0;
    const slow = fakeTrainer();
    slow.sampleImages.mockImplementation(async (count) => {
      running += 1;
      expect(running).toBe(1);
      await pause(2);
      running -= 1;
      return greyBatch(1, ...Array<number>(count).fill(9));
    });
    const batches = await collect(samples(from([slow, fakeTrainer(), slow]), { count: 2, batchSize: 1 }));
    expect(batches.map(({ pixels }) => pixels[0])).toEqual([9, 9, 0, 1, 9, 9]);
  });

  test('should do nothing before there is a subscriber, and make the same for each', async () => {
    const trainer = fakeTrainer();
    const stream = samples(trainer, { count: 2 });
    expect(trainer.sampleImages).not.toHaveBeenCalled();
    expect(await collect(stream)).toEqual(await collect(stream));
  });

  test('should make no further batch after an unsubscribe, and leave no tensor of the one it made', () =>
    withModel(async (model) => {
      const sample = jest.spyOn(model, 'sample');
      expect(await collect(samples(model, { count: 5, batchSize: 1 }).pipe(take(1)))).toHaveLength(1);
      samples(model, { count: 5, batchSize: 1 }).subscribe().unsubscribe();
      await pause(20);
      expect(sample.mock.calls.length).toBeLessThanOrEqual(3);
    }));

  test('should pass errors of the source and of a model, and leave no tensor', () =>
    withModel(async (model) => {
      const no: Observable<SampleSource> = concat(
        of(fakeTrainer()),
        throwError(() => new Error('no')),
      );
      await expect(collect(samples(no))).rejects.toThrow('no');
      const failing = { sampleImages: () => Promise.reject(new Error('failed')) };
      await expect(collect(samples(failing))).rejects.toThrow('failed');
      await expect(collect(samples(model, { temperature: [1, 1, 1] }))).rejects.toThrow(/temperature/);
    }));

  test.each([0, -1, 1.5, Number.NaN])('should refuse %d at call time', (value) => {
    const trainer = fakeTrainer();
    const message = (name: string) => `samples: ${name} must be a positive integer, got ${value}`;
    expect(() => samples(trainer, { count: value })).toThrow(message('count'));
    expect(() => samples(trainer, { batchSize: value })).toThrow(message('batchSize'));
  });
});

test('any object with sampleImages should be a source', async () => {
  const grey: SampleSource = { sampleImages: async (count) => greyBatch(1, ...Array<number>(count).fill(7)) };
  const batches = await collect(samples(grey, { count: 3, batchSize: 2 }));
  expect(batches.map(({ pixels }) => pixels[0])).toEqual([7, 7]);
  expect(counts(batches)).toEqual([2, 1]);
});
