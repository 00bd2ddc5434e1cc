import {
  defer,
  finalize,
  from,
  isObservable,
  map,
  mergeMap,
  type Observable,
  type OperatorFunction,
} from 'rxjs';
import { checkCount } from '../../base/checkNumbers.js';
import type { ImageBatch, NamedImages } from '../../base/plainData.js';
import type { Dataset } from '../../data/dataset.js';
import { datasetAt } from '../../data/datasetAt.js';
import { listItems } from '../../data/listItems.js';
import { decodingFor, type ImagesFor } from './decodingFor.js';
import { itemBatches } from './itemBatches.js';
import type { Recipe } from './recipe.js';

/**
 * Images to read one batch at a time: the path of a folder or of a file of many images, a dataset, or a stream of batches or of recipes
 * of batches, such as `images(folder).pipe(decodeImages({ size }), batch(16))` emits. Images without a name are named by their number,
 * from 0.
 */
export type ImageSource = string | Dataset | Observable<Recipe<ImageBatch> | ImageBatch>;

export interface BatchesOfOptions {
  /** The model that the images are for: their size, channels and fit. */
  readonly model: ImagesFor;
  /** Images per batch, for paths and datasets. */
  readonly batchSize: number;
  /** Called for what was left out of a folder, and for each image that is skipped. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** What `use` makes of recipes of batches of any source, in its order. A dataset is closed when `use` has finished with it. */
export function batchesOf<R>(
  where: string,
  source: ImageSource,
  { model, batchSize, onWarning = () => undefined }: BatchesOfOptions,
  use: OperatorFunction<Recipe<NamedImages>, R>,
): Observable<R> {
  checkCount(where, 'batchSize', batchSize);
  if (isObservable(source)) return named(source).pipe(use);
  return defer(() => {
    const unwanted = new AbortController();
    let opened: Dataset | undefined;
    const listed = async () => {
      const dataset = typeof source === 'string' ? await datasetAt(source) : source;
      opened = dataset;
      return { dataset, items: await listItems(dataset, { signal: unwanted.signal, onWarning }) };
    };
    return from(listed()).pipe(
      mergeMap(({ dataset, items }) =>
        itemBatches(items, { ...decodingFor(model), dataset, batchSize, onWarning }),
      ),
      use,
      finalize(() => {
        unwanted.abort();
        // all that was asked for is made by now
        void Promise.resolve(opened?.close?.()).catch(() => undefined);
      }),
    );
  });
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
