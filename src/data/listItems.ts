/** Lists the items of a dataset, and checks them before a run depends on them. */
import { messageOf } from '../base/errors.js';
import { cut, describeValue, printable } from '../base/messageText.js';
import type { Dataset, DatasetItem, ItemList } from './dataset.js';
import { DatasetError } from './datasetError.js';
import { itemAt } from './itemsOf.js';
import { orAborted } from './orAborted.js';
import { repeatedNames } from './packed/repeatedNames.js';

export interface ListItemsOptions {
  readonly signal: AbortSignal;
  readonly onWarning: (message: string) => void;
}

/**
 * @throws DatasetError when the dataset cannot be listed or is empty, or an item has no name or the name of another
 * @throws the signal's reason when it aborts, even if the dataset ignores the signal
 */
export async function listItems<Item extends DatasetItem>(
  dataset: Dataset<Item>,
  { signal, onWarning }: ListItemsOptions,
): Promise<ItemList<Item>> {
  const items = await orAborted(signal, () => dataset.items(signal, onWarning)).catch((error: unknown) => {
    if (signal.aborted || error instanceof DatasetError) throw error;
    throw new DatasetError(dataset.name, `its items could not be listed (${messageOf(error)})`, {
      cause: error,
    });
  });
  checkList(dataset.name, items);
  checkItems(dataset.name, items);
  return items;
}

function checkList(name: string, items: unknown): asserts items is ItemList<unknown> {
  const { length, at } = Object(items) as Partial<ItemList<unknown>>;
  if (typeof at !== 'function' || !Number.isSafeInteger(length)) {
    const expected = 'items() must return a list with `length` and `at`, such as an array';
    throw new DatasetError(name, `${expected}, got ${describeValue(items)}`);
  }
  if (length === 0) throw new DatasetError(name, 'has no images; items() returned an empty list');
}

function checkItems(dataset: string, items: ItemList<DatasetItem>): void {
  const nameAt = (index: number) => checkedName(dataset, items, index);
  const repeated = repeatedNames({ length: items.length, name: nameAt });
  const [second] = repeated.map(([, index = 0]) => index).sort((a, b) => a - b);
  if (second === undefined) return;
  const which = `"${cut(printable(nameAt(second)))}" is the name of two items`;
  throw new DatasetError(dataset, `${which}, the second at index ${second}; names must be unique`);
}

function checkedName(dataset: string, items: ItemList<DatasetItem>, index: number): string {
  const item = itemAt(items, index);
  const { name, version, repeat = 1 } = Object(item) as Partial<DatasetItem>;
  const isNamed = typeof name === 'string' && name !== '' && ['string', 'undefined'].includes(typeof version);
  if (isNamed && Number.isSafeInteger(repeat) && repeat >= 1) return name;
  const expected = isNamed
    ? 'must be repeated a positive number of times, if at all'
    : 'must have a name, and a version that is a string, if any';
  throw new DatasetError(dataset, `item ${index} ${expected}, got ${describeValue(item)}`);
}
