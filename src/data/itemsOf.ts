import type { ItemList } from './dataset.js';

/** The items of a list, or every `step`th, one at a time. */
export function* itemsOf<Item>(list: ItemList<Item>, step = 1): Iterable<Item> {
  for (let i = 0; i < list.length; i += step) yield itemAt(list, i);
}

/** @throws Error if the list does not return an item within its length */
export function itemAt<Item>(list: ItemList<Item>, index: number): Item {
  const item = list.at(index);
  if (item === undefined) throw new RangeError(`dataset: no item at index ${index} of ${list.length}`);
  return item;
}

/** The items from `begin` to before `end`, as a list of their own. */
export function sliceOf<Item>(list: ItemList<Item>, begin: number, end: number): ItemList<Item> {
  const length = Math.max(0, Math.min(end, list.length) - begin);
  return { length, at: (index) => (index < length ? list.at(begin + index) : undefined) };
}
