import { defer, isObservable, map, type Observable } from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import type { ImageBatch, NamedImages } from '../../base/plainData.js';
import type { ModelConfig } from '../../config/types.js';
import type { Dataset } from '../../data/dataset.js';
import { batch } from './batch.js';
import { decodeImages } from './decodeImages.js';
import { decodingFor } from './decodingFor.js';
import { images } from './images.js';
import type { Recipe } from './recipe.js';

/**
 * Images to read one batch at a time: the path of a folder, a dataset, or a stream of batches or of recipes of batches, such as
 * `images(folder).pipe(decodeImages({ size }), batch(16))` emits. Images without a name are named by their number, from 0.
 */
export type ImageSource = string | Dataset | Observable<Recipe<ImageBatch> | ImageBatch>;

export interface BatchesOfOptions {
  /** The model that the images are for: their size and channels. */
  readonly model: Pick<ModelConfig, 'inputDimension' | 'imageChannels'>;
  /** Images per batch, for folders and datasets. */
  readonly batchSize: number;
  /** Called for what was left out of a folder, and for each image that is skipped. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Recipes of batches of any source, in its order. */
export function batchesOf(
  where: string,
  source: ImageSource,
  { model, batchSize, onWarning = () => undefined }: BatchesOfOptions,
): Observable<Recipe<NamedImages>> {
  checkCount(where, 'batchSize', batchSize);
  if (isObservable(source)) return named(source);
  const decoding = { ...decodingFor(model), onWarning };
  if (typeof source === 'string') {
    return images(source, { onWarning }).pipe(decodeImages(decoding), batch(batchSize));
  }
  return images(source, { onWarning }).pipe(decodeImages({ ...decoding, dataset: source }), batch(batchSize));
}

function named(source: Observable<Recipe<ImageBatch> | ImageBatch>): Observable<Recipe<NamedImages>> {
  return defer(() => {
    let seen = 0;
    return source.pipe(
      map((value) => {
        const recipe = 'make' in value ? value : { images: value.shape[0], make: async () => value };
        const first = seen;
        seen += recipe.images;
        const make = async (signal?: AbortSignal) => {
          const made = await recipe.make(signal);
          return made && withNames(made, first);
        };
        return { images: recipe.images, make };
      }),
    );
  });
}

function withNames(images: ImageBatch & Partial<NamedImages>, first: number): NamedImages {
  const { names = Array.from({ length: images.shape[0] }, (_, i) => String(first + i)) } = images;
  return { ...images, names };
}
