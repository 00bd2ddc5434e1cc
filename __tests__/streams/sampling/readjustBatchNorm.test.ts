import { describe, expect, test } from '@jest/globals';
import { concat, from, NEVER, of, take, throwError, VirtualTimeScheduler } from 'rxjs';
import type { Nvae } from '../../../src/model/nvae.js';
import { readjustBatchNorm } from '../../../src/streams/sampling/readjustBatchNorm.js';
import { collect, pause } from '../../support/collect.js';
import { useTestEngine } from '../../support/engine.js';
import { marbles } from '../../support/marbles.js';
import { withModel } from '../../support/withModel.js';

useTestEngine();

const averages = async (model: Nvae) =>
  JSON.stringify(
    [...(await model.store.tensors())]
      .filter(([name]) => /running/.test(name))
      .map(([name, { data }]) => [name, [...data]]),
  );

describe('readjustBatchNorm', () => {
  test.each([
    ['never', '-----', '-----', '^----'],
    ['empty', '--|  ', '--|  ', '^-!  '],
    ['error', '--#  ', '--#  ', '^-!  '],
  ])('should cope with %s', (_, given, expected, subs) => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Nvae>(given.trim());
      expectObservable(source.pipe(readjustBatchNorm())).toBe(expected.trim());
      expectSubscriptions(source.subscriptions).toBe(subs.trim());
    });
  });

  test('should take a turn of the scheduler for each pass', () => {
    const passes: number[] = [];
    const model = { readjustBatchNorm: (...[count]: number[]) => passes.push(count ?? 0) } as unknown as Nvae;
    const scheduler = new VirtualTimeScheduler();
    const progress: number[] = [];
    const onProgress = (done: number) => progress.push(done);
    const passed: Nvae[] = [];
    const readjusted = of(model).pipe(readjustBatchNorm({ iterations: 3, onProgress, scheduler }));
    readjusted.subscribe((value) => passed.push(value));
    expect(passes).toEqual([]);
    scheduler.maxFrames = 0;
    scheduler.flush();
    expect([passes, progress, passed]).toEqual([[1, 1, 1], [1, 2, 3], [model]]);
  });

  test('should move the running averages, tell its progress and pass the model on', () =>
    withModel(async (model) => {
      const before = await averages(model);
      const progress: string[] = [];
      const onProgress = (done: number, iterations: number) => progress.push(`${done}/${iterations}`);
      const passed = await collect(of(model).pipe(readjustBatchNorm({ iterations: 3, onProgress })));
      expect(passed).toEqual([model]);
      expect(progress).toEqual(['1/3', '2/3', '3/3']);
      expect(await averages(model)).not.toBe(before);
    }));

  test('should move them to the same for the same seed, and to others for another seed or temperature', () =>
    withModel(async (model) => {
      const start = await model.store.tensors();
      const moved = async (options: Parameters<typeof readjustBatchNorm>[0]) => {
        model.store.load(start);
        await collect(of(model).pipe(readjustBatchNorm({ iterations: 2, ...options })));
        return averages(model);
      };
      const first = await moved({ seed: 1 });
      expect(await moved({ seed: 1 })).toBe(first);
      expect(await moved({ seed: 2 })).not.toBe(first);
      expect(await moved({ seed: 1, temperature: 0.2 })).not.toBe(first);
    }));

  test('should leave the model alone with no iterations', () =>
    withModel(async (model) => {
      const before = await averages(model);
      expect(await collect(of(model).pipe(readjustBatchNorm({ iterations: 0 })))).toEqual([model]);
      expect(await averages(model)).toBe(before);
    }));

  test('should take one model after the other', () =>
    withModel((first) =>
      withModel(async (second) => {
        const order: number[] = [];
        const onProgress = (done: number) => order.push(done);
        const passed = await collect(
          from([first, second]).pipe(readjustBatchNorm({ iterations: 2, onProgress })),
        );
        expect(passed).toHaveLength(2);
        expect(passed[0]).toBe(first);
        expect(passed[1]).toBe(second);
        expect(order).toEqual([1, 2, 1, 2]);
      }),
    ));

  test('should stop between two iterations at an unsubscribe', () =>
    withModel(async (model) => {
      const progress: number[] = [];
      const subscription = concat(of(model), NEVER)
        .pipe(
          readjustBatchNorm({
            iterations: 50,
            onProgress: (done) => {
              progress.push(done);
              if (done === 2) subscription.unsubscribe();
            },
          }),
          take(1),
        )
        .subscribe();
      while (!subscription.closed) await pause(1);
      await pause(20);
      expect(progress).toEqual([1, 2]);
    }));

  test('should pass errors of the source, of a pass and of a throwing onProgress', () =>
    withModel(async (model) => {
      const no = () => {
        throw new Error('no');
      };
      await expect(
        collect(of(model).pipe(readjustBatchNorm({ iterations: 2, onProgress: no }))),
      ).rejects.toThrow('no');
      const failing = concat(
        of(model),
        throwError(() => new Error('source')),
      );
      await expect(collect(failing.pipe(readjustBatchNorm({ iterations: 2 })))).rejects.toThrow('source');
      const wrong = { temperature: [1, 1, 1] }; // there are two latent groups
      await expect(collect(of(model).pipe(readjustBatchNorm(wrong)))).rejects.toThrow(/temperature/);
    }));

  test('should refuse numbers that make no sense at call time', () => {
    for (const iterations of [-1, 1.5, Number.NaN]) {
      expect(() => readjustBatchNorm({ iterations })).toThrow(
        `iterations must be an integer of at least 0, got ${iterations}`,
      );
    }
    for (const batchSize of [0, -1, 1.5]) {
      expect(() => readjustBatchNorm({ batchSize })).toThrow(
        `batchSize must be a positive integer, got ${batchSize}`,
      );
    }
  });
});
