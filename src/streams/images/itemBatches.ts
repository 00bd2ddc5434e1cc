import {
  identity,
  lastValueFrom,
  type MonoTypeOperatorFunction,
  map,
  mergeMap,
  type Observable,
  range,
} from 'rxjs';
import type { NamedImages } from '../../base/plainData.js';
import type { DatasetItem, ItemList } from '../../data/dataset.js';
import type { DecodedImage } from '../../data/decodedImage.js';
import { itemAt } from '../../data/itemsOf.js';
import { batch } from './batch.js';
import { type DecodeItemsOptions, decodeImages } from './decodeImages.js';
import type { Recipe } from './recipe.js';

/** The images to batch. */
export interface ItemBatchesOptions<Item extends DatasetItem> extends DecodeItemsOptions<Item> {
  readonly batchSize: number;
  /** The indexes of the items to take, in this order. @default all, in the order of the list */
  readonly order?: Uint32Array | undefined;
  /** Changes the images of a batch before it is made, such as `augment`. @default nothing */
  readonly change?: MonoTypeOperatorFunction<Recipe<DecodedImage>>;
}

/**
 * Recipes of batches of listed items. A recipe holds the number of its batch; its items are looked up when it is made,
 * so memory does not grow with the images that wait.
 *
 *     itemBatches   (ABC|)
 */
export function itemBatches<Item extends DatasetItem>(
  items: ItemList<Item>,
  { batchSize, order, change = identity, ...decoding }: ItemBatchesOptions<Item>,
): Observable<Recipe<NamedImages>> {
  const length = order?.length ?? items.length;
  return range(0, Math.ceil(length / batchSize)).pipe(
    map((number) => {
      const first = number * batchSize;
      const images = Math.min(batchSize, length - first);
      const make = (signal?: AbortSignal) =>
        lastValueFrom(
          range(first, images).pipe(
            map((place) => itemAt(items, order ? (order[place] as number) : place)),
            decodeImages(decoding),
            change,
            batch(batchSize),
            mergeMap((recipe) => recipe.make(signal)),
          ),
        );
      return { images, make };
    }),
  );
}
