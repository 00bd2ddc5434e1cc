import { from } from 'rxjs';
import type { ImageBatch } from '../../../base/plainData.js';
import type { DecodedImage } from '../../../data/decodedImage.js';
import { itemAt } from '../../../data/itemsOf.js';
import { binarizedImages } from '../../../model/binarizedImages.js';
import { toBatch } from '../../images/batch.js';
import { decodeImages } from '../../images/decodeImages.js';
import { decodingIn } from '../../images/decodingIn.js';
import type { Recipe } from '../../images/recipe.js';
import type { Run } from '../opening/run.js';

/** Number of images that previews reconstruct. */
const count = 8;
/** Largest 8-bit value of 12-bit data in a 16-bit file, as many cameras and microscopes write it. */
const dark = 2 ** 4;

/** Images spread over the dataset, or over the held-out images if there are any; null if none of them can be decoded. */
export async function previewInputs({
  config,
  cache,
  skipped,
  start,
  warn,
  ...run
}: Run): Promise<ImageBatch | null> {
  const { dataset, items } = run.validation ?? run;
  const recipes: Recipe<DecodedImage>[] = [];
  from(spreadIndexes(items.length).map((index) => itemAt(items, index)))
    .pipe(decodeImages({ ...decodingIn(config), dataset, cache, onWarning: skipped.tell }))
    .subscribe((recipe) => recipes.push(recipe));
  const images = await Promise.all(recipes.map((recipe) => recipe.make()));
  skipped.endOf(start.epoch); // named here; the epoch counts its own
  const batch = toBatch(images.filter((image) => image !== null));
  const oddity = batch && batch.shape[0] > 1 ? oddityOf(batch) : null;
  if (batch && oddity !== null) {
    const what = `the first ${batch.shape[0]} images are all ${oddity}`;
    const remedy = 'check that this is the right dataset, and how its images are encoded';
    warn('dataset', `${what}; ${remedy}`);
  }
  // after the check for oddities: a picture of dark values would be all 0
  return batch && binarizedImages(batch, config.training.augmentation.binarize, { keys: batch.names });
}

/** Describes an image that was probably misread; null if there is nothing unusual. */
function oddityOf(batch: ImageBatch): string | null {
  const colour = onlyColour(batch);
  if (colour !== null)
    return `one colour (${colour.length === 1 ? 'grey' : 'red, green, blue'} ${colour.join(', ')})`;
  const brightest = batch.pixels.reduce((most, value) => Math.max(most, value), 0);
  return brightest < dark ? `nearly black (no value is above ${brightest} of 255)` : null;
}

/** The colour of all pixels of all images; null if colours differ. */
function onlyColour({ pixels, shape: [, , , channels] }: ImageBatch): readonly number[] | null {
  const first = pixels.subarray(0, channels);
  return pixels.every((value, i) => value === first[i % channels]) ? [...first] : null;
}

/** Up to `count` indices spread over the list: neighbours in a folder tend to look alike. */
function spreadIndexes(length: number): number[] {
  const step = Math.max(1, length / count);
  return Array.from({ length: Math.min(length, count) }, (_, i) => Math.ceil(i * step));
}
