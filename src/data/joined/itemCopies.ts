/** Items that are taken several times per epoch. */
import type { DatasetItem, ItemList } from '../dataset.js';
import { itemAt } from '../itemsOf.js';
import { firstAbove } from '../packed/firstAbove.js';

/** The most items of a list with copies. */
const mostItems = 2 ** 31;

/** An item once more, under another name, so that its augmentation draws other numbers. */
class ItemCopy implements DatasetItem {
  readonly name: string;
  readonly original: DatasetItem;

  constructor(original: DatasetItem, number: number) {
    this.name = `${original.name} (${number})`;
    this.original = original;
  }
}

/** The item that a dataset knows. */
export function originalOf<Item extends DatasetItem>(item: Item): Item {
  return item instanceof ItemCopy ? (item.original as Item) : item;
}

/**
 * The items, each `repeat` times in a row; the same list if none is repeated.
 * @throws RangeError when there are too many
 */
export function withCopies<Item extends DatasetItem>(items: ItemList<Item>): ItemList<Item> {
  let end = 0;
  for (let i = 0; i < items.length; i += 1) end += itemAt(items, i).repeat ?? 1;
  if (end === items.length) return items;
  if (end > mostItems) {
    throw new RangeError(`${end} images in an epoch, more than ${mostItems}; repeat them less often`);
  }
  const ends = new Uint32Array(items.length);
  end = 0;
  for (let i = 0; i < items.length; i += 1) {
    end += itemAt(items, i).repeat ?? 1;
    ends[i] = end;
  }
  const at = (index: number): Item | undefined => {
    const place = firstAbove(ends, index);
    const item = items.at(place);
    if (item === undefined || index < 0) return undefined;
    const number = index - (ends[place - 1] ?? 0);
    // only `originalOf` tells a copy from an item, before a dataset sees it
    return number === 0 ? item : (new ItemCopy(item, number + 1) as DatasetItem as Item);
  };
  return { length: end, at };
}
