/** What the operators before the step give together, from files and from memory. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { from } from 'rxjs';
import type { ImageBatch, NamedImages } from '../../../src/base/plainData.js';
import type { AugmentationConfig } from '../../../src/config/types.js';
import { type ImageCache, type ImageCacheOptions, imageCache } from '../../../src/data/imageCache.js';
import type { ImageFile } from '../../../src/data/imageFile.js';
import { imageFiles } from '../../../src/data/imageFiles.js';
import { augment } from '../../../src/streams/images/augment.js';
import { batch } from '../../../src/streams/images/batch.js';
import { decodeImages } from '../../../src/streams/images/decodeImages.js';
import { itemBatches } from '../../../src/streams/images/itemBatches.js';
import { permuted } from '../../../src/streams/images/permuted.js';
import type { Recipe } from '../../../src/streams/images/recipe.js';
import { shuffle } from '../../../src/streams/images/shuffle.js';
import { collect } from '../../support/collect.js';
import { emoji } from '../../support/emoji.js';

let files: ImageFile[];
beforeAll(async () => {
  files = (await emoji()).filter((_, i) => i % 40 === 0);
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nvae-epoch-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const every: Omit<AugmentationConfig, 'randomCrop'> = {
  horizontalFlip: true,
  crop: 4,
  brightness: 0.2,
  contrast: 0.3,
  saturation: 0.4,
  binarize: 'none',
};
const size = 64;
const seed = 7;

async function recipes(epoch: number, augmentation: Partial<AugmentationConfig>, cache?: ImageCache) {
  return collect(
    from(files).pipe(
      shuffle(seed, epoch),
      decodeImages({ size, ...(cache && { cache }) }),
      augment(augmentation, { seed, epoch }),
      batch(32),
    ),
  );
}

async function withCache<T>(options: ImageCacheOptions, use: (cache: ImageCache) => Promise<T>): Promise<T> {
  const cache = imageCache({ folder, reserve: 0, ...options });
  try {
    return await use(cache);
  } finally {
    await cache.close();
  }
}

/** Of all pixels: the difference of two lists of them would take minutes to write. */
async function digest(batches: Promise<readonly Recipe<ImageBatch>[]>): Promise<string> {
  const hash = createHash('sha256');
  for (const made of await Promise.all((await batches).map((recipe) => recipe.make())))
    hash.update(made!.pixels);
  return hash.digest('hex').slice(0, 32);
}

/** The same as a run makes them. */
function laterRecipes(epoch: number, augmentation: Partial<AugmentationConfig>, imagesTaken = 0) {
  const order = permuted(Uint32Array.from(files.keys()), seed, epoch).subarray(imagesTaken);
  const change = augment(augmentation, { seed, epoch });
  return collect(itemBatches(files, { dataset: imageFiles(), size, order, batchSize: 32, change }));
}

describe('the batches of an epoch', () => {
  test('should be the same bytes in every version, so that a resumed run sees the images that it would have', async () => {
    expect(await digest(recipes(0, every))).toBe('a93d12f373ef36b8268f11c703957e75');
    expect(await digest(recipes(1, every))).toBe('c3215ab96c608cea321b6fe6de14d8c2');
    expect(await digest(laterRecipes(0, every))).toBe('a93d12f373ef36b8268f11c703957e75');
    expect(await digest(laterRecipes(1, every))).toBe('c3215ab96c608cea321b6fe6de14d8c2');
  });

  test('should continue after images that were taken, with those that would have followed', async () => {
    const namesOf = async (all: Promise<readonly Recipe<NamedImages>[]>) =>
      (await Promise.all((await all).map((recipe) => recipe.make()))).flatMap((made) => made!.names);
    const whole = await namesOf(laterRecipes(3, {}));
    expect(await namesOf(laterRecipes(3, {}, 64))).toEqual(whole.slice(64));
  });

  test.each([
    ['memory', 1e9],
    ['memory and a file', 50 * 3 * size ** 2],
    ['a file', 0],
  ])('should be the same from %s as decoded', async (_, memoryLimit) => {
    await withCache({ memoryLimit }, async (cache) => {
      const decoded = await digest(recipes(1, every, cache));
      expect(await digest(recipes(1, every, cache))).toBe(decoded);
      expect(await digest(recipes(1, every))).toBe(decoded);
    });
  });

  test('should come from memory without a promise for each image, which stays as it was', async () => {
    await withCache({}, async (cache) => {
      const before = await digest(recipes(0, {}, cache));
      const get = jest.spyOn(cache, 'get');
      await digest(recipes(1, every, cache));
      expect(await digest(recipes(0, {}, cache))).toBe(before);
      expect(get).not.toHaveBeenCalled();
    });
  });
});
