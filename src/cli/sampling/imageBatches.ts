import type { Observable } from 'rxjs';
import type { NamedImages } from '../../base/plainData.js';
import type { Nvae } from '../../model/nvae.js';
import { decodingFor } from '../../streams/images/decodingFor.js';
import { itemBatches } from '../../streams/images/itemBatches.js';
import type { Recipe } from '../../streams/images/recipe.js';
import type { Output } from '../terminal/output.js';
import type { FoundImages } from './findImages.js';

/** Recipes of batches of these images, in the size and colours of the model. A damaged image is a warning. */
export function imageBatches(
  { dataset, items }: FoundImages,
  model: Nvae,
  batchSize: number,
  { warning }: Output,
): Observable<Recipe<NamedImages>> {
  const onWarning = (message: string) => warning(message);
  return itemBatches(items, { ...decodingFor(model), dataset, batchSize, onWarning });
}
