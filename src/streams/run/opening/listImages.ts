import type { NvaeConfig } from '../../../config/types.js';
import type { Dataset, DatasetItem, ItemList } from '../../../data/dataset.js';
import { listItems } from '../../../data/listItems.js';
import type { TrainOptions } from '../trainOptions.js';
import { datasetOfRun } from './datasetOfRun.js';
import { heldOutImages, type RunImages } from './heldOutImages.js';
import type { ListedDataset } from './startOfData.js';

export interface ListedImages extends ListedDataset, RunImages {
  /** What the dataset lists. */
  readonly listed: ItemList<DatasetItem>;
  /** Warnings about the dataset. */
  readonly warnings: readonly string[];
}

/** Opens the dataset of a run and lists its images. */
export async function listImages(
  config: NvaeConfig,
  options: TrainOptions,
  signal: AbortSignal,
): Promise<ListedImages> {
  const dataset = await datasetOfRun(config, options);
  return closingOnError(dataset, async () => {
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const listed = await listItems(dataset, { signal, onWarning });
    const images = await heldOutImages(config, options, { dataset, items: listed }, { signal, onWarning });
    return { dataset, listed, ...images, warnings };
  });
}

/** Opens what uses a dataset, which is closed if that fails. */
export async function closingOnError<T>(dataset: Pick<Dataset, 'close'>, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await dataset.close?.();
    throw error;
  }
}
