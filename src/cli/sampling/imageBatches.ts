import { from, type Observable } from 'rxjs';
import type { NamedImages } from '../../base/plainData.js';
import type { ImageFile } from '../../data/imageFile.js';
import type { Nvae } from '../../model/nvae.js';
import { batch } from '../../streams/images/batch.js';
import { decodeImages } from '../../streams/images/decodeImages.js';
import { decodingFor } from '../../streams/images/decodingFor.js';
import type { Recipe } from '../../streams/images/recipe.js';
import type { Output } from '../terminal/output.js';

/** Recipes of batches of these files, in the size and colours of the model. A damaged image is a warning. */
export function imageBatches(
  files: readonly ImageFile[],
  model: Nvae,
  batchSize: number,
  { warning }: Output,
): Observable<Recipe<NamedImages>> {
  return from(files).pipe(
    decodeImages({ ...decodingFor(model.config), onWarning: (message) => warning(message) }),
    batch(batchSize),
  );
}
