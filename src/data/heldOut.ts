/** Which images of a dataset are held out of training, and which of those are measured. */
import type { DatasetItem, ItemList } from './dataset.js';
import { itemsOf } from './itemsOf.js';
import { nameHash } from './nameHash.js';

export interface Split<Item extends DatasetItem> {
  readonly training: ItemList<Item>;
  readonly heldOut: ItemList<Item>;
}

/**
 * Holds out the items whose names have a hash below the fraction. Whether an item is held out does not depend on the others, so it
 * never changes while items come and go. Both lists keep the order of the items.
 */
export function splitItems<Item extends DatasetItem>(items: ItemList<Item>, fraction: number): Split<Item> {
  const [training, heldOut]: [number[], number[]] = [[], []];
  let index = 0;
  for (const { name } of itemsOf(items)) {
    (nameHash(name) < fraction ? heldOut : training).push(index);
    index += 1;
  }
  return { training: partOf(items, training), heldOut: partOf(items, heldOut) };
}

/** At most `most` items, those with the smallest hashes of their names, in the order of the hashes; null for all. */
export function measuredItems<Item extends DatasetItem>(
  items: ItemList<Item>,
  most: number | null,
): ItemList<Item> {
  const hashes = [...itemsOf(items)].map(({ name }, index) => ({ index, hash: nameHash(name) }));
  hashes.sort((a, b) => a.hash - b.hash || a.index - b.index);
  const indexes = hashes.slice(0, most ?? hashes.length).map(({ index }) => index);
  return partOf(items, indexes);
}

function partOf<Item>(items: ItemList<Item>, indexes: readonly number[]): ItemList<Item> {
  const at = (place: number) => {
    const index = indexes[place];
    return index === undefined ? undefined : items.at(index);
  };
  return { length: indexes.length, at };
}
