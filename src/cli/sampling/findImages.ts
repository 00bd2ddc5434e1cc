import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { bytePath } from '../../data/bytePath.js';
import type { Dataset, DatasetItem, ItemList } from '../../data/dataset.js';
import { formOf } from '../../data/datasetAt.js';
import { DatasetError } from '../../data/datasetError.js';
import { fileVersion } from '../../data/fileVersion.js';
import { type FolderRemedies, folderList } from '../../data/folderList.js';
import type { ImageFile } from '../../data/imageFile.js';
import { imageFiles } from '../../data/imageFiles.js';
import { joinDatasets } from '../../data/joined/joinDatasets.js';
import { listItems } from '../../data/listItems.js';
import { listDataset } from '../../data/lists/listDataset.js';
import { unknownFileProblem } from '../../data/unknownFileProblem.js';
import { standardInput, standardInputDataset } from './standardInputList.js';

/** Images of a dataset. */
export interface FoundImages {
  /** The caller closes it. */
  readonly dataset: Dataset;
  /** Listed once. */
  readonly items: ItemList<DatasetItem>;
}

/** Names the images that are given one by one. */
const nameOfSingle = 'given images';
const instead = 'give an image or a folder of images, or a file of many';
const remedies: FolderRemedies = {
  missing: instead,
  empty: instead,
  unreadable: 'check its permissions',
  file: () => instead,
};

/**
 * Lists the images of a folder and its subfolders, of a file of many images, or the one image if the path is an image; for `-`, the
 * files of a list on standard input. Several paths are joined, those that are images to one dataset, with the paths as names.
 *
 * @param onWarning called with what was left out
 * @param maxPixels larger images are refused before memory is allocated
 * @throws DatasetError when the path is missing, unreadable, or has no image
 */
export async function findImages(
  given: string | readonly string[],
  onWarning: (message: string) => void,
  maxPixels?: number,
): Promise<FoundImages> {
  const dataset = await datasetOfAll([given].flat(), onWarning, maxPixels);
  const items = await listItems<DatasetItem>(dataset, { signal: new AbortController().signal, onWarning });
  return { dataset: { ...dataset, items: () => items }, items };
}

async function datasetOfAll(
  paths: readonly string[],
  onWarning: (message: string) => void,
  maxPixels: number | undefined,
): Promise<Dataset> {
  if (paths.includes('')) throw new Error(`images: the path is empty; ${instead}`);
  const [first = '', ...others] = paths;
  if (others.length === 0) return datasetIn(first, onWarning, maxPixels);
  const single: string[] = [];
  const datasets: Dataset[] = [];
  for (const path of paths) {
    if (path !== standardInput && (await isImage(path))) single.push(path);
    else datasets.push(await datasetIn(path, onWarning, maxPixels));
  }
  if (single.length > 0) {
    const read = async () => ({ folder: '.', paths: single.map(bytePath) });
    datasets.unshift(listDataset(nameOfSingle, read, { maxPixels }));
  }
  const [only] = datasets;
  return only && datasets.length === 1 ? only : joinDatasets(datasets);
}

/** Whether a path is that of a file that holds one image, if any. */
async function isImage(path: string): Promise<boolean> {
  const isFile = (await stat(path).catch(() => null))?.isFile() ?? false;
  return isFile && (await formOf(path)) === null && (await unknownFileProblem(path)) === null;
}

async function datasetIn(
  path: string,
  onWarning: (message: string) => void,
  maxPixels: number | undefined,
): Promise<Dataset> {
  if (path === standardInput) return standardInputDataset({ maxPixels });
  const form = await formOf(path);
  if (form) return form.open(path, { maxPixels });
  return { ...imageFiles(maxPixels), name: path, items: () => imagesIn(path, onWarning) };
}

async function imagesIn(path: string, onWarning: (message: string) => void): Promise<ItemList<ImageFile>> {
  const status = await stat(path).catch(() => null);
  if (!status?.isFile()) return folderList(path, { onWarning }, remedies);
  const problem = await unknownFileProblem(path);
  if (problem !== null) throw new DatasetError(path, problem);
  const { size: bytes, mtimeMs: modified } = status;
  return [{ path, name: basename(path), version: fileVersion(bytes, modified), bytes, modified }];
}
