/** Options of `decodeImages` that say how images become squares. */
import { describe, expect, test } from '@jest/globals';
import { firstValueFrom, identity } from 'rxjs';
import { datasetOf } from '../../../src/data/datasetOf.js';
import { imageCache } from '../../../src/data/imageCache.js';
import { batchesOf } from '../../../src/streams/images/batchesOf.js';
import { type DecodeOptions, decodeImages } from '../../../src/streams/images/decodeImages.js';
import { images } from '../../../src/streams/images/images.js';
import { shuffle } from '../../../src/streams/images/shuffle.js';
import { collect } from '../../support/collect.js';

/** Wide images of one row of greys: the index times ten, plus one per column. */
const wide = datasetOf(20, (index) => {
  const [width, height] = [9, 3];
  return {
    width,
    height,
    pixels: Uint8Array.from({ length: width * height }, (_, i) => index * 10 + (i % width)),
  };
});

async function greysOf(options: Partial<DecodeOptions>, order = 0): Promise<Map<string, number[]>> {
  const decoding = decodeImages({ dataset: wide, size: 3, channels: 1, ...options });
  const recipes = await collect(images(wide).pipe(shuffle(order, 0), decoding));
  const made = await Promise.all(recipes.map((recipe) => recipe.make()));
  return new Map(made.map((image) => [image!.name, [...image!.pixels.subarray(0, 3)]]));
}

describe('random crops', () => {
  test('should depend on seed, epoch and name alone, not on order or cache', async () => {
    const crops = (epoch: number, seed = 5, order = 0) =>
      greysOf({ randomCrop: 1, randomKey: { seed, epoch } }, order);
    const first = await crops(0);
    // nine columns have seven places for three
    expect(new Set([...first].map(([name, [grey]]) => grey! - 10 * Number(name))).size).toBeGreaterThan(4);
    expect(new Map([...(await crops(0, 5, 9))].sort())).toEqual(new Map([...first].sort()));
    expect(new Map([...(await crops(1))].sort())).not.toEqual(new Map([...first].sort()));
    expect(new Map([...(await crops(0, 6))].sort())).not.toEqual(new Map([...first].sort()));
    const cache = imageCache();
    const decoding = { dataset: wide, size: 3, channels: 1, randomCrop: 1, cache } as const;
    for (const epoch of [0, 1]) {
      const recipes = await collect(
        images(wide).pipe(decodeImages({ ...decoding, randomKey: { seed: 5, epoch } })),
      );
      const expected = await crops(epoch);
      for (const recipe of recipes) {
        const made = await recipe.make();
        expect([...made!.pixels.subarray(0, 3)]).toEqual(expected.get(made!.name));
        expect(recipe.peek?.()).toEqual(made);
      }
    }
    await cache.close();
  });

  test('should be at the position without a key', async () => {
    expect((await greysOf({ randomCrop: 1 })).get('2')).toEqual([23, 24, 25]);
    expect((await greysOf({ randomCrop: 1, fitPosition: 'right' })).get('2')).toEqual([26, 27, 28]);
  });
});

test('images for a model should be fitted as in its training', async () => {
  const imageFit = {
    fit: 'contain',
    fitPosition: 'bottom',
    background: '#ff0000',
    randomCrop: null,
  } as const;
  const model = { config: { inputDimension: 9, imageChannels: 3 }, imageFit } as const;
  const recipe = await firstValueFrom(batchesOf('test', wide, { model, batchSize: 1 }, identity));
  const { pixels } = (await recipe.make())!;
  expect([...pixels.subarray(0, 6)]).toEqual([255, 0, 0, 255, 0, 0]);
  expect([...pixels.subarray(-6)]).toEqual([7, 7, 7, 8, 8, 8]);
});

test.each<[Partial<Record<keyof DecodeOptions, unknown>>, string]>([
  [{ fit: 'fill' }, 'fit must be one of cover, contain, stretch, got "fill"'],
  [{ fitPosition: 'middle' }, 'fitPosition must be one of centre, top,'],
  [{ background: 'red' }, 'background must be a colour such as "#ffffff", got "red"'],
  [{ randomCrop: 0.5 }, 'randomCrop must be a number from 1 to 8, or null, got 0.5'],
])('should refuse %j at call time', (options, message) => {
  expect(() => decodeImages({ size: 4, ...(options as Partial<DecodeOptions>) })).toThrow(
    `decodeImages: ${message}`,
  );
});
