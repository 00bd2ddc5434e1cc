import type { Observable, ObservableInput } from 'rxjs';
import type { Dataset, DatasetItem, ItemList } from '../../data/dataset.js';
import { datasetAt } from '../../data/datasetAt.js';
import { listItems } from '../../data/listItems.js';
import { usingAsync } from '../flow/usingAsync.js';

/** A dataset with its items. */
export interface OpenDataset {
  readonly dataset: Dataset;
  readonly items: ItemList<DatasetItem>;
}

/**
 * A stream over the items of a dataset, which is closed at its end, after an error, and when it is unsubscribed.
 *
 * @param source a path, or a dataset
 * @param onWarning called for what was left out
 */
export function usingDataset<T>(
  source: string | Dataset,
  onWarning: (message: string) => void,
  use: (open: OpenDataset) => ObservableInput<T>,
): Observable<T> {
  return usingAsync(
    async (signal) => {
      const dataset = typeof source === 'string' ? await datasetAt(source) : source;
      try {
        return { dataset, items: await listItems(dataset, { signal, onWarning }) };
      } catch (error) {
        await closed(dataset);
        throw error;
      }
    },
    use,
    ({ dataset }) => closed(dataset),
  );
}

/** The work is complete, or has failed for another reason. */
async function closed(dataset: Dataset): Promise<void> {
  await Promise.resolve(dataset.close?.()).catch(() => undefined);
}
