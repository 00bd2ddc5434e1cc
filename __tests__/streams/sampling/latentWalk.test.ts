import { describe, expect, jest, test } from '@jest/globals';
import { firstValueFrom, lastValueFrom, NEVER, range, takeUntil, timer, toArray } from 'rxjs';
import * as tf from '../../../src/engine/tf.js';
import { mapAhead } from '../../../src/streams/flow/mapAhead.js';
import { type LatentWalkOptions, latentWalk } from '../../../src/streams/sampling/latentWalk.js';
import { useTestEngine } from '../../support/engine.js';
import { eventually } from '../../support/eventually.js';
import { withModel } from '../../support/withModel.js';

useTestEngine();

const all = (model: Parameters<typeof latentWalk>[0], options: LatentWalkOptions = {}) =>
  lastValueFrom(latentWalk(model, { variants: 3, ...options }).pipe(toArray()));

describe('latentWalk', () => {
  test('should take a temperature for each group', () =>
    withModel(async (model) => {
      const [one] = await all(model, { temperature: 0.5 });
      const [same] = await all(model, { temperature: [0.5, 0.5] });
      const [other] = await all(model, { temperature: [0.5, 0] });
      expect(same?.original).toEqual(one?.original);
      expect(other?.original).not.toEqual(one?.original);
      expect(() => latentWalk(model, { temperature: [1] })).toThrow('one for each of the 2 latent groups');
      expect(() => latentWalk(model, { temperature: -1 })).toThrow('expected a number >= 0, got -1');
    }));

  test('should vary each group in turn, around one and the same original', () =>
    withModel(async (model) => {
      const walk = await all(model);
      expect(walk.map(({ group, size, row }) => [group, size, row])).toEqual(
        model.latentShapes.map(([size], group) => [group, size, null]),
      );
      for (const { original, variants } of walk) {
        expect(original).toEqual(walk[0]?.original);
        expect(variants.shape).toEqual([3, 8, 8, 3]);
      }
      const [first, second] = walk.map(({ variants }) => variants.pixels);
      expect(first).not.toEqual(second);
    }));

  test('should name the scale of each group', () =>
    withModel(async (model) => {
      expect((await all(model)).map(({ scale }) => scale)).toEqual([1, 0]);
    }));

  test.each([
    [0, false],
    [1, false],
    [0, true],
  ])('should replace the noise of group %d only (spatial: %j), few images at a time', (group, spatial) =>
    withModel(async (model) => {
      const given: number[][][] = model.latentShapes.map(() => []);
      const decode = model.generateFromLatents.bind(model);
      const seen = jest.spyOn(model, 'generateFromLatents').mockImplementation((values, ...rest) => {
        expect(values[0]?.shape[0]).toBeLessThanOrEqual(8);
        values.forEach((value, level) => {
          for (const one of tf.unstack(value)) given[level]?.push([...one.dataSync()]);
        });
        return decode(values, ...rest);
      });
      await all(model, { group, spatial, variants: 20 });
      seen.mockRestore();
      const different = given.map((level) => new Set(level.map(String)).size);
      const [size = 0] = model.latentShapes[group] ?? [];
      const varied = spatial ? size * size + 1 : 21;
      expect(different).toEqual(group === 0 ? [varied, 1] : [1, varied]);
    }),
  );

  test('should give the first variants the same however many there are', () =>
    withModel(async (model) => {
      const [few] = await all(model, { variants: 3 });
      const [many] = await all(model, { variants: 20 });
      expect(many?.original).toEqual(few?.original);
      expect(many?.variants.shape).toEqual([20, 8, 8, 3]);
      expect(many?.variants.pixels.slice(0, 3 * 192)).toEqual(few?.variants.pixels);
    }));

  test('should let a timer end it', () =>
    withModel(async (model) => {
      const before = tf.memory().numTensors;
      const endless$ = latentWalk(model, { variants: 100_000 }).pipe(takeUntil(timer(5)), toArray());
      expect(await lastValueFrom(endless$)).toEqual([]);
      await eventually(() => expect(tf.memory().numTensors).toBe(before));
    }));

  test('should make nothing before it is subscribed, and ask for one group at a time', () =>
    withModel(async (model) => {
      const seen = jest.spyOn(model, 'generateFromLatents');
      const walk$ = range(0, 2).pipe(
        mapAhead(
          (group) => latentWalk(model, { group, variants: 1 }),
          () => NEVER,
          { ahead: 1 },
        ),
      );
      expect(seen).not.toHaveBeenCalled();
      const subscription = walk$.subscribe();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(seen.mock.calls.length).toBeLessThanOrEqual(2);
      subscription.unsubscribe();
      seen.mockRestore();
    }));

  test('should give the same for the same seed', () =>
    withModel(async (model) => {
      expect(await all(model, { seed: 4 })).toEqual(await all(model, { seed: 4 }));
      expect(await all(model, { seed: 5 })).not.toEqual(await all(model, { seed: 4 }));
    }));

  test('should vary nothing where neither noise nor variation is left', () =>
    withModel(async (model) => {
      for (const { original, variants } of await all(model, { temperature: 0, variation: 0 })) {
        for (let i = 0; i < 3; i += 1) {
          expect(variants.pixels.subarray(i * 192, (i + 1) * 192)).toEqual(original.pixels);
        }
      }
    }));

  test('should differ more the larger the variation is', () =>
    withModel(async (model) => {
      const distance = async (variation: number) => {
        const [walk] = await all(model, { temperature: 0, variation, group: 0, variants: 8 });
        const { original, variants } = walk ?? { original: { pixels: [] }, variants: { pixels: [] } };
        return Array.from(variants.pixels).reduce(
          (sum, value, i) => sum + Math.abs(value - (original.pixels[i % 192] ?? 0)),
          0,
        );
      };
      const [none, little, much] = [await distance(0), await distance(0.4), await distance(3)];
      expect(none).toBe(0);
      expect(little).toBeGreaterThan(0);
      expect(much).toBeGreaterThan(little);
    }));

  test('should vary the positions of one group, one at a time', () =>
    withModel(async (model) => {
      const [[size] = [0]] = model.latentShapes;
      const walk = await all(model, { group: 0, spatial: true, variation: 3 });
      expect(walk.map(({ group, row }) => [group, row])).toEqual(
        Array.from({ length: size }, (_, row) => [0, row]),
      );
      for (const { variants } of walk) expect(variants.shape).toEqual([size, 8, 8, 3]);
      const positions = walk.flatMap(({ variants }) =>
        Array.from({ length: size }, (_, i) => variants.pixels.slice(i * 192, (i + 1) * 192).join()),
      );
      expect(new Set(positions).size).toBe(size * size);
    }));

  test('should leave no tensor when it is unsubscribed', () =>
    withModel(async (model) => {
      const before = tf.memory().numTensors;
      await firstValueFrom(latentWalk(model));
      await eventually(() => expect(tf.memory().numTensors).toBe(before));
    }));

  test.each<[LatentWalkOptions, string]>([
    [{ group: 2 }, 'group must be an integer from 0 to 1, got 2'],
    [{ spatial: true }, 'spatial needs a group, got none'],
    [{ variants: 0 }, 'variants must be a positive integer, got 0'],
    [{ variation: -1 }, 'variation must be a finite number of at least 0, got -1'],
    [{ variation: Number.NaN }, 'variation must be a finite number of at least 0, got NaN'],
  ])('should refuse %j at call time', (options, message) =>
    withModel(async (model) => {
      expect(() => latentWalk(model, options)).toThrow(`latentWalk: ${message}`);
    }),
  );
});
