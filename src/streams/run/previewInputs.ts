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
export async function previewInputs({ config, files, cache, warnings$ }: Run): Promise<ImageBatch | null> {
  const recipes: Recipe<DecodedImage>[] = [];
  const onWarning = (message: string) => warnings$.next(warning('dataset', message));
  from(spread(files))
    .pipe(decodeImages({ size: config.model.inputDimension, cache, onWarning }))
    .subscribe((recipe) => recipes.push(recipe));
  const images = await Promise.all(recipes.map((recipe) => recipe.make()));
  return toBatch(images.filter((image) => image !== null));
}

/** Up to `count` items from all over the list: neighbours in a folder tend to look alike. */
function spread<T>(items: readonly T[]): T[] {
  const step = Math.max(1, items.length / count);
  return items.filter((_, i) => Math.floor(i / step) > Math.floor((i - 1) / step));
}
