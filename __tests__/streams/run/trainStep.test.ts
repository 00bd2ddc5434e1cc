import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { concat, from, lastValueFrom, map, NEVER, of, Subject, tap, throwError, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { ImageBatch } from '../../../src/base/plainData.js';
import type { Recipe } from '../../../src/streams/images/recipe.js';
import { trainStep } from '../../../src/streams/run/trainStep.js';
import type { StepResult } from '../../../src/training/trainer.js';
import { stepEvent } from '../../support/events.js';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const image = (value: number): ImageBatch => ({ pixels: Uint8Array.of(value, 0, 0), shape: [1, 1, 1, 3] });

const { type: _, imagesTaken: __, waitSeconds: ___, ...result } = stepEvent(1);

/** Steps that take a while and note what they were given. */
function fakeTrainer(ms: (step: number) => number = () => 0) {
  const seen: number[] = [];
  let running = 0;
  return {
    seen,
    async step(batch: ImageBatch): Promise<StepResult> {
      running += 1;
      expect(running).toBe(1);
      await pause(ms(seen.length));
      seen.push(batch.pixels[0] ?? -1);
      running -= 1;
      return { ...result, step: seen.length, batchInEpoch: seen.length, imagesSeen: seen.length };
    },
  };
}

const recipe = (value: number, make: (value: number) => Promise<ImageBatch | null>): Recipe<ImageBatch> => ({
  images: 1,
  make: () => make(value),
});
const recipes = (count: number, make = async (value: number): Promise<ImageBatch | null> => image(value)) =>
  Array.from({ length: count }, (_, i) => recipe(i, make));

describe('trainStep', () => {
  test('should lose nothing and keep the order however slow the parts are', async () => {
    const delays = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 8 });
    const check = async (times: [number, number][], prefetch: number) => {
      const trainer = fakeTrainer((step) => times[step]?.[0] ?? 0);
      let [made, most] = [0, 0];
      const make = async (value: number) => {
        made += 1;
        most = Math.max(most, made - trainer.seen.length);
        await pause(times[value]?.[1] ?? 0);
        return image(value);
      };
      const events$ = from(recipes(times.length, make)).pipe(trainStep(trainer, { prefetch }), toArray());
      const events = await lastValueFrom(events$);
      expect(trainer.seen).toEqual(times.map((_, i) => i));
      expect(events.map((event) => event.imagesTaken)).toEqual(times.map((_, i) => i + 1));
      expect(most).toBeLessThanOrEqual(prefetch + 1);
    };
    await fc.assert(fc.asyncProperty(delays, fc.integer({ min: 1, max: 4 }), check), { numRuns: 40 });
  });

  test('should tell in marble time what it does', () => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    scheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const trainer = { step: () => cold('----(r|)', { r: result }) };
      const recipe = { images: 2, make: () => cold('-(b|)', { b: image(0) }) };
      const batches = cold('ab----c-----------|', { a: recipe, b: recipe, c: recipe });
      const subs = '        ^-----------------!';
      const expected = '    -----A---B---C----|';
      const event = (imagesTaken: number, waitSeconds: number) => ({
        type: 'step',
        ...result,
        imagesTaken,
        waitSeconds,
      });
      const values = { A: event(3, 0.001), B: event(5, 0), C: event(7, 0) };
      const clock = { now: () => scheduler.frame };
      expectObservable(batches.pipe(trainStep(trainer, { imagesTaken: 1, clock }))).toBe(expected, values);
      expectSubscriptions(batches.subscriptions).toBe(subs);
    });
  });

  test('should count a pause as no waiting time', () => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    scheduler.run(({ cold, expectObservable }) => {
      const trainer = { step: () => cold('----(r|)', { r: result }) };
      const recipe = { images: 1, make: () => of(image(0)) };
      const options = {
        pause$: cold('--t-----------f', { t: true, f: false }),
        clock: { now: () => scheduler.frame },
      };
      const waits$ = from([recipe, recipe]).pipe(
        trainStep(trainer, options),
        map(({ waitSeconds }) => waitSeconds),
      );
      expectObservable(waits$).toBe('----A-------------(A|)', { A: 0 });
    });
  });

  test('should pass over batches of damaged images', async () => {
    const trainer = fakeTrainer();
    const make = async (value: number) => (value % 2 === 0 ? null : image(value));
    const events = await lastValueFrom(from(recipes(5, make)).pipe(trainStep(trainer), toArray()));
    expect(trainer.seen).toEqual([1, 3]);
    expect(events.map((event) => event.imagesTaken)).toEqual([2, 4]);
  });

  test('should complete with an empty source', async () => {
    expect(await lastValueFrom(from([]).pipe(trainStep(fakeTrainer()), toArray()))).toEqual([]);
  });

  test('should pass the errors of source, batch and step, once', async () => {
    const failing = async (): Promise<never> => {
      throw new Error('no');
    };
    const run = (
      source: typeof NEVER,
      trainer: Pick<ReturnType<typeof fakeTrainer>, 'step'> = fakeTrainer(),
    ) => lastValueFrom(source.pipe(trainStep(trainer), toArray()));
    await expect(run(throwError(() => new Error('no')))).rejects.toThrow('no');
    await expect(lastValueFrom(from(recipes(3, failing)).pipe(trainStep(fakeTrainer())))).rejects.toThrow(
      'no',
    );
    await expect(lastValueFrom(from(recipes(3)).pipe(trainStep({ step: failing })))).rejects.toThrow('no');
  });

  test('should finish the running step on stop$ and take no further one', async () => {
    const stop$ = new Subject<void>();
    const trainer = fakeTrainer(() => 10);
    setTimeout(() => stop$.next(), 15);
    const events$ = concat(from(recipes(50)), NEVER).pipe(trainStep(trainer, { stop$ }), toArray());
    const events = await lastValueFrom(events$);
    expect(events.length).toBe(trainer.seen.length);
    expect(events.length).toBeLessThan(4);
  });

  test('should complete at once when it was stopped before', async () => {
    const trainer = fakeTrainer();
    await lastValueFrom(from(recipes(5)).pipe(trainStep(trainer, { stop$: of(1) }), toArray()));
    expect(trainer.seen).toEqual([]);
  });

  test('should take no further step after an unsubscribe and abort what is being made', async () => {
    const trainer = fakeTrainer(() => 5);
    let aborted = 0;
    const waiting: Recipe<ImageBatch> = {
      images: 1,
      make: (signal) => {
        signal?.addEventListener('abort', () => {
          aborted += 1;
        });
        return new Promise(() => undefined);
      },
    };
    const source$ = from([...recipes(1), waiting, waiting, waiting]);
    const subscription = source$
      .pipe(
        trainStep(trainer),
        tap(() => setTimeout(() => subscription.unsubscribe())),
      )
      .subscribe();
    await pause(60);
    expect(trainer.seen).toEqual([0]);
    expect(aborted).toBeGreaterThan(0);
    expect(aborted).toBeLessThanOrEqual(3);
  });

  test('should refuse a prefetch at call time', () => {
    expect(() => trainStep(fakeTrainer(), { prefetch: 0 })).toThrow(
      new RangeError('trainStep: prefetch must be a positive integer, got 0'),
    );
  });
});
