import { from } from 'rxjs';
import type { ImageBatch } from '../../model/plainData.js';
import { toBatch } from '../batch.js';
import { decodeImages } from '../decodeImages.js';
import { warning } from '../events.js';
import type { DecodedImage, Recipe } from '../recipe.js';
import type { Run } from './openRun.js';

/** Images whose reconstructions are shown. */
const count = 8;

/** Images from all over the dataset; null where none of these is whole. */
export async function previewInputs({
  config,
  files,
  cache,
  skipped,
  start,
  warnings$,
}: Run): Promise<ImageBatch | null> {
  const recipes: Recipe<DecodedImage>[] = [];
  const { maxPixels } = config.training;
  from(spread(files))
    .pipe(decodeImages({ size: config.model.inputDimension, cache, maxPixels, onWarning: skipped.tell }))
    .subscribe((recipe) => recipes.push(recipe));
  const images = await Promise.all(recipes.map((recipe) => recipe.make()));
  skipped.endOf(start.epoch); // these are named; the epoch counts its own
  const batch = toBatch(images.filter((image) => image !== null));
  const colour = batch && batch.shape[0] > 1 ? onlyColour(batch) : null;
  if (batch && colour !== null) {
    const what = `the first ${batch.shape[0]} images are all one colour (red, green, blue ${colour.join(', ')})`;
    warnings$.next(
      warning('dataset', `${what}; check that this is the right folder, and how its files are encoded`),
    );
  }
  return batch;
}

/** The one colour of all pixels of all images; null where there are two. */
function onlyColour({ pixels }: ImageBatch): readonly number[] | null {
  const first = pixels.subarray(0, 3);
  return pixels.every((value, i) => value === first[i % 3]) ? [...first] : null;
}

/** Up to `count` items from all over the list: neighbours in a folder tend to look alike. */
function spread<T>(items: readonly T[]): T[] {
  const step = Math.max(1, items.length / count);
  return items.filter((_, i) => Math.floor(i / step) > Math.floor((i - 1) / step));
}
