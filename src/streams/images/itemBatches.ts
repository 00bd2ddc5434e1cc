import { lastValueFrom, map, mergeMap, type Observable, range } from 'rxjs';
import type { NamedImages } from '../../base/plainData.js';
import type { DatasetItem, ItemList } from '../../data/dataset.js';
import { itemAt } from '../../data/itemsOf.js';
import { batch } from './batch.js';
import { type DecodeItemsOptions, decodeImages } from './decodeImages.js';
import type { Recipe } from './recipe.js';

/** The images to batch. */
export interface ItemBatchesOptions<Item extends DatasetItem> extends DecodeItemsOptions<Item> {
  readonly batchSize: number;
}

/**
 * Recipes of batches of listed items, in their order. A recipe holds the number of its batch; its items are looked up when it is made,
 * so memory does not grow with the images that wait.
 *
 *     itemBatches   (ABC|)
 */
export function itemBatches<Item extends DatasetItem>(
  items: ItemList<Item>,
  { batchSize, ...decoding }: ItemBatchesOptions<Item>,
): Observable<Recipe<NamedImages>> {
  return range(0, Math.ceil(items.length / batchSize)).pipe(
    map((number) => {
      const first = number * batchSize;
      const images = Math.min(batchSize, items.length - first);
      const make = (signal?: AbortSignal) =>
        lastValueFrom(
          range(first, images).pipe(
            map((index) => itemAt(items, index)),
            decodeImages(decoding),
            batch(batchSize),
            mergeMap((recipe) => recipe.make(signal)),
          ),
        );
      return { images, make };
    }),
  );
}
