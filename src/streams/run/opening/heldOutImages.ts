/** Separates the images that a run learns from and those that it is measured on. */
import { messageOf } from '../../../base/errors.js';
import { fitKey, imageFitOf } from '../../../config/imageFit.js';
import type { NvaeConfig } from '../../../config/types.js';
import { bytePath } from '../../../data/bytePath.js';
import type { Dataset, DatasetItem, ItemList } from '../../../data/dataset.js';
import { formOf } from '../../../data/datasetAt.js';
import { DatasetError } from '../../../data/datasetError.js';
import { datasetIdentity } from '../../../data/datasetIdentity.js';
import { folderDataset } from '../../../data/folderDataset.js';
import { type FolderRemedies, folderList } from '../../../data/folderList.js';
import { measuredItems, splitItems } from '../../../data/heldOut.js';
import type { ImageFile } from '../../../data/imageFile.js';
import { withCopies } from '../../../data/joined/itemCopies.js';
import { listItems } from '../../../data/listItems.js';
import { resolved } from '../../../data/walkFolder.js';
import type { TrainOptions } from '../trainOptions.js';
import { datasetPaths } from './datasetPaths.js';

/** Held-out images that a validation measures, always in the same order. */
export interface ValidationSet {
  readonly dataset: Dataset;
  readonly items: ItemList<DatasetItem>;
  /** Changes when other images are measured. */
  readonly identity: string;
}

/** The images of a run. */
export interface RunImages {
  /** Images to learn from, those with `repeat` as often. */
  readonly items: ItemList<DatasetItem>;
  /** Null if the run is not measured. */
  readonly validation: ValidationSet | null;
}

const key = 'training_parameters.validation';
const remedies: FolderRemedies = {
  missing: `create it, or change ${key}.folder`,
  empty: `put held-out images there, or change ${key}.folder`,
  unreadable: `check its permissions, or change ${key}.folder`,
  file: (folder) => `give its folder as ${key}.folder: ${folder}`,
};

/** @throws DatasetError when there are no images to train on, or a folder of held-out images cannot be used */
export async function heldOutImages(
  { training }: NvaeConfig,
  options: TrainOptions,
  { dataset, items }: { readonly dataset: Dataset; readonly items: ItemList<DatasetItem> },
  { signal, onWarning }: { readonly signal: AbortSignal; readonly onWarning: (message: string) => void },
): Promise<RunImages> {
  const { fraction, folder, images } = training.validation;
  const setOf = async (source: Dataset, heldOut: ItemList<DatasetItem>): Promise<ValidationSet> => {
    const measured = measuredItems(heldOut, images);
    // The names suffice: copies of the same files have other times. Images fitted otherwise are other images.
    const fit = fitKey(imageFitOf(training)) ?? '';
    const identity = await datasetIdentity({ identity: () => fit }, measured, signal);
    return { dataset: source, items: measured, identity };
  };
  // only those to learn from, after the split: no copy of one is held out, and the other way round
  const copies = (some: ItemList<DatasetItem>): ItemList<DatasetItem> => {
    try {
      return withCopies(some);
    } catch (error) {
      throw new DatasetError(dataset.name, messageOf(error), { cause: error });
    }
  };
  if (folder !== null) {
    const source = await heldOutFolder(folder, training.maxPixels, options);
    const listed = await listItems<DatasetItem>(source, { signal, onWarning });
    return { items: copies(items), validation: await setOf(source, listed) };
  }
  if (fraction === 0) return { items: copies(items), validation: null };
  const { training: learned, heldOut } = splitItems(items, fraction);
  const share = `${key}.fraction ${fraction}`;
  if (learned.length === 0) {
    const problem = `all of its ${items.length} images are held out by ${share}`;
    throw new DatasetError(dataset.name, `${problem}; lower it, or add images`);
  }
  if (heldOut.length === 0) {
    const problem = `none of its ${items.length} images is held out by ${share}`;
    onWarning(`${dataset.name}: ${problem}, so there is no validation; raise it, or add images`);
    return { items: copies(items), validation: null };
  }
  return { items: copies(learned), validation: await setOf(dataset, heldOut) };
}

/** The file of held-out images, or the folder, without the images of the dataset. */
async function heldOutFolder(
  folder: string,
  maxPixels: number,
  { dataset, picturesFolder = 'images' }: TrainOptions,
): Promise<Dataset> {
  const elsewhere = (datasetPaths(dataset) ?? []).map(({ path }) => path);
  for (const path of elsewhere) {
    if (!(await isSameFolder(folder, path))) continue;
    const remedy = 'give the folder of other images, or hold out a part of the dataset with fraction';
    throw new DatasetError(folder, `${key}.folder is the dataset itself; ${remedy}`);
  }
  const form = await formOf(folder);
  if (form) return form.open(folder, { maxPixels });
  return {
    ...folderDataset(folder, { maxPixels }),
    items: (_signal, onWarning) => folderList(folder, { elsewhere, picturesFolder, onWarning }, remedies),
  } satisfies Dataset<ImageFile>;
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  const real = (path: string) => resolved(bytePath(path)).catch((error: unknown) => messageOf(error));
  return (await real(one)) === (await real(other));
}
