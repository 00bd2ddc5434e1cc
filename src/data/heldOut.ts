/** Which images of a dataset are held out of training, and which of those are measured. */
import type { DatasetItem, ItemList } from './dataset.js';
import { itemAt } from './itemsOf.js';
import { ownName } from './joined/joinedItem.js';
import { nameHash } from './nameHash.js';
import { indexesWhere } from './packed/indexesWhere.js';

export interface Split<Item extends DatasetItem> {
  readonly training: ItemList<Item>;
  readonly heldOut: ItemList<Item>;
}

/**
 * Holds out the items whose names have a hash below the fraction. Whether an item is held out does not depend on the others, so it
 * never changes while items come and go, or datasets are joined. Both lists keep the order of the items.
 */
export function splitItems<Item extends DatasetItem>(items: ItemList<Item>, fraction: number): Split<Item> {
  const isTraining = new Uint8Array(items.length);
  for (let i = 0; i < items.length; i += 1)
    isTraining[i] = nameHash(ownName(itemAt(items, i))) < fraction ? 0 : 1;
  const isHeldOut = isTraining.map((flag) => 1 - flag);
  return {
    training: partOf(items, indexesWhere(isTraining)),
    heldOut: partOf(items, indexesWhere(isHeldOut)),
  };
}

/** At most `most` items, those with the smallest hashes of their names, in the order of the hashes; null for all. */
export function measuredItems<Item extends DatasetItem>(
  items: ItemList<Item>,
  most: number | null,
): ItemList<Item> {
  const hashes = Float64Array.from({ length: items.length }, (_, i) => nameHash(ownName(itemAt(items, i))));
  const indexes = Uint32Array.from(hashes.keys());
  indexes.sort((a, b) => (hashes[a] as number) - (hashes[b] as number) || a - b);
  return partOf(items, indexes.slice(0, most ?? indexes.length));
}

function partOf<Item>(items: ItemList<Item>, indexes: Uint32Array): ItemList<Item> {
  const at = (place: number) => {
    const index = indexes[place];
    return index === undefined ? undefined : items.at(index);
  };
  return { length: indexes.length, at };
}
