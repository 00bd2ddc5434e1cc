/** Several datasets as one. */
import { describeValue, printable } from '../../base/messageText.js';
import { checkDataset } from '../checkDataset.js';
import type { Dataset, DatasetItem, ItemList } from '../dataset.js';
import { DatasetError } from '../datasetError.js';
import { digest } from '../digest.js';
import { listItems } from '../listItems.js';
import { firstAbove } from '../packed/firstAbove.js';
import { JoinedItem } from './joinedItem.js';
import { partLabels } from './partLabels.js';

/** One of several datasets, and how often it is taken. */
export interface DatasetPart {
  /** The dataset. */
  readonly dataset: Dataset;
  /** How often each of its images is taken in an epoch: a positive integer. @default 1 */
  readonly repeat?: number;
}

/** The lists of all parts, one after the other. */
interface JoinedList extends ItemList<JoinedItem> {
  readonly parts: readonly ItemList<DatasetItem>[];
}

const unknown = '-';

/**
 * Joins datasets to one. Its images are those of all, named `<label>/<name>`: the label is the last part of the dataset's name, or as
 * many parts as tell them apart. `repeat` says how often an epoch takes the images of a dataset; its copies are augmented differently,
 * and none of a held-out image is learnt from. Which images are held out depends on their names in their own datasets, so it stays the same
 * when a dataset is added.
 *
 * `items` throws the errors of the datasets, and a `DatasetError` when two have the same name.
 *
 * @param parts datasets, each alone or with how often it is taken
 * @throws TypeError at call time when one is no dataset, RangeError when `repeat` is not a positive integer, or there is none
 *
 * @example
 * const rare = await datasetAt('rare.zip');
 * train(config, { dataset: joinDatasets([folderDataset('photos'), { dataset: rare, repeat: 3 }]) });
 */
export function joinDatasets(parts: readonly (Dataset | DatasetPart)[]): Dataset {
  const given = parts.map(
    (part): DatasetPart => ('dataset' in Object(part) ? (part as DatasetPart) : { dataset: part as Dataset }),
  );
  if (given.length === 0) throw new RangeError('joinDatasets: expected at least one dataset, got none');
  for (const { dataset, repeat = 1 } of given) {
    checkDataset('joinDatasets', typeof dataset === 'string' ? null : dataset);
    if (Number.isSafeInteger(repeat) && repeat >= 1) continue;
    const which = `of ${printable(dataset.name)}`;
    throw new RangeError(
      `joinDatasets: repeat ${which} must be a positive integer, got ${describeValue(repeat)}`,
    );
  }
  const datasets = given.map(({ dataset }) => dataset);
  const name = datasets.map((dataset) => dataset.name).join(' + ');
  const of = (item: JoinedItem) => datasets[item.part] as Dataset;
  const isStored = datasets.every(({ stored }) => stored);
  return {
    name,
    cached: datasets.some(({ cached = true }) => cached),
    async items(signal, warn): Promise<JoinedList> {
      const labels = partLabels(datasets.map((dataset) => dataset.name));
      const [again] = labels.filter((label, i) => labels.indexOf(label) !== i);
      if (again !== undefined) {
        const remedy = 'give each its own name, or one dataset once and repeat it';
        throw new DatasetError(name, `two datasets have the name "${printable(again)}"; ${remedy}`);
      }
      const lists: ItemList<DatasetItem>[] = [];
      for (const dataset of datasets) lists.push(await listItems(dataset, { signal, onWarning: warn }));
      return listOf(
        lists,
        (part, item) => new JoinedItem(labels[part] ?? '', part, item, given[part]?.repeat ?? 1),
      );
    },
    decode: (item, size, signal) => of(item).decode(item.item, size, signal),
    async currentVersion(item, signal) {
      return (await of(item).currentVersion?.(item.item, signal)) ?? item.version ?? '';
    },
    async identity(items, signal) {
      const { parts: lists } = items as Partial<JoinedList>;
      const identities: string[] = [];
      for (const [i, dataset] of datasets.entries()) {
        const list = lists?.[i];
        const identity = list ? String((await dataset.identity?.(list, signal)) ?? unknown) : unknown;
        // a part that is unknown now may be known next time
        identities.push(identity.split('/').includes(unknown) ? unknown : digest([identity]));
      }
      return identities.join('/');
    },
    ...(isStored && {
      async stored(item: JoinedItem, signal: AbortSignal) {
        const found = await of(item).stored?.(item.item, signal);
        if (!found) throw new Error('internal: a dataset no longer says how an image is stored');
        return found;
      },
    }),
    async close() {
      for (const dataset of datasets) await dataset.close?.();
    },
  } satisfies Dataset<JoinedItem>;
}

function listOf(
  parts: readonly ItemList<DatasetItem>[],
  itemOf: (part: number, item: DatasetItem) => JoinedItem,
): JoinedList {
  let end = 0;
  const ends = Float64Array.from(parts, ({ length }) => {
    end += length;
    return end;
  });
  const at = (index: number) => {
    const part = firstAbove(ends, index);
    const item = parts[part]?.at(index - (ends[part - 1] ?? 0));
    return item && itemOf(part, item);
  };
  return { length: end, at, parts };
}
