import { from } from 'rxjs';
import type { ImageBatch } from '../../../base/plainData.js';
import type { DecodedImage } from '../../../data/decodedImage.js';
import { toBatch } from '../../images/batch.js';
import { decodeImages } from '../../images/decodeImages.js';
import type { Recipe } from '../../images/recipe.js';
import { warning } from '../events.js';
import type { Run } from '../opening/openRun.js';

/** Images whose reconstructions are shown. */
const count = 8;
/** What 12 bits reach in a file of 16, as many cameras and microscopes write them. */
const dark = 2 ** 4;

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
  const oddity = batch && batch.shape[0] > 1 ? oddityOf(batch) : null;
  if (batch && oddity !== null) {
    const what = `the first ${batch.shape[0]} images are all ${oddity}`;
    const remedy = 'check that this is the right folder, and how its files are encoded';
    warnings$.next(warning('dataset', `${what}; ${remedy}`));
  }
  return batch;
}

/** What pictures seldom are, and files that are not what they are read as often; null for others. */
function oddityOf(batch: ImageBatch): string | null {
  const colour = onlyColour(batch);
  if (colour !== null) return `one colour (red, green, blue ${colour.join(', ')})`;
  const brightest = batch.pixels.reduce((most, value) => Math.max(most, value), 0);
  return brightest < dark ? `nearly black (no value is above ${brightest} of 255)` : null;
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
