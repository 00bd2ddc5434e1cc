import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { concatMap, identity, type Observable, of, take, throwError } from 'rxjs';
import type { NamedImages } from '../../../src/base/plainData.js';
import { datasetOf } from '../../../src/data/datasetOf.js';
import { batchesOf, type ImageSource } from '../../../src/streams/images/batchesOf.js';
import type { Recipe } from '../../../src/streams/images/recipe.js';
import { collect } from '../../support/collect.js';
import { writePictures } from '../../support/pictures.js';
import { greyBatch } from '../../support/recipes.js';
import { useTemporaryFolder } from '../../support/temporaryFolder.js';

const model = { config: { inputDimension: 2, imageChannels: 3 } } as const;
const inFolder = useTemporaryFolder();

/** Names in each batch. */
async function namesOf(source: ImageSource, warnings: string[] = []): Promise<(string[] | null)[]> {
  const options = { model, batchSize: 2, onWarning: (message: string) => warnings.push(message) };
  const recipes = await collect(batchesOf('test', source, options, identity));
  const made = await Promise.all(recipes.map((recipe) => recipe.make()));
  return made.map((batch) => batch && [...batch.names]);
}

describe('batchesOf', () => {
  test('should read a folder and a dataset', async () => {
    await writePictures(inFolder(), 3);
    expect(await namesOf(inFolder())).toEqual([['00.png', '01.png'], ['02.png']]);
    const dataset = datasetOf(3, (index, size) => {
      if (index === 1) throw new Error('broken');
      return new Uint8Array(size * size * 3);
    });
    const warnings: string[] = [];
    expect(await namesOf(dataset, warnings)).toEqual([['0'], ['2']]);
    expect(warnings).toEqual(['dataset: 1: skipped: broken']);
  });

  test('should read a file of many images', async () => {
    const numpy = fileURLToPath(new URL('../../data/fixtures/arrays/grey.npy', import.meta.url));
    expect((await namesOf(numpy)).flat().slice(0, 3)).toEqual(['00000', '00001', '00002']);
  });

  test('should close a dataset when it is used up, left or failed, and not before', async () => {
    const ends: string[] = [];
    const decode = (index: number, size: number) => {
      ends.push(`decoded ${index}`);
      return new Uint8Array(size * size * 3);
    };
    const source = { ...datasetOf(4, decode), close: () => void ends.push('closed') };
    const made = (recipes$: Observable<Recipe<NamedImages>>) =>
      recipes$.pipe(concatMap((recipe) => recipe.make()));
    const batches$ = batchesOf('test', source, { model, batchSize: 2 }, made);
    await collect(batches$);
    expect(ends.splice(0)).toEqual(['decoded 0', 'decoded 1', 'decoded 2', 'decoded 3', 'closed']);
    await collect(batches$.pipe(take(1)));
    expect(ends.splice(0).filter((end) => end === 'closed')).toHaveLength(1);
    const failing$ = batchesOf('test', source, { model, batchSize: 2 }, () =>
      throwError(() => new Error('failed')),
    );
    await expect(collect(failing$)).rejects.toThrow('failed');
  });

  test('should number images without a name, anew for each subscriber', async () => {
    const named = { ...greyBatch(2, 7), names: ['seven'] };
    const recipe = { images: 3, make: async () => greyBatch(2, 1, 2) };
    const source$ = of(greyBatch(2, 1, 2), named, recipe, greyBatch(2, 9));
    const names = [['0', '1'], ['seven'], ['3', '4'], ['6']];
    const recipes$ = batchesOf('test', source$, { model, batchSize: 2 }, identity);
    for (const _ of [1, 2]) {
      const made = await Promise.all((await collect(recipes$)).map((one) => one.make()));
      expect(made.map((batch) => batch?.names)).toEqual(names);
    }
  });

  test('should refuse a batch size at call time', () => {
    expect(() => batchesOf('test', of(), { model, batchSize: 0 }, identity)).toThrow(
      'test: batchSize must be a positive integer, got 0',
    );
  });
});
