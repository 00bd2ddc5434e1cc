import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Dataset, DatasetItem, ItemList } from '../../data/dataset.js';
import { formOf } from '../../data/datasetAt.js';
import { fileVersion } from '../../data/fileVersion.js';
import { type FolderRemedies, folderList } from '../../data/folderList.js';
import type { ImageFile } from '../../data/imageFile.js';
import { imageFiles } from '../../data/imageFiles.js';
import { listItems } from '../../data/listItems.js';
import { standardInput, standardInputDataset } from './standardInputList.js';

/** Images of a dataset. */
export interface FoundImages {
  /** The caller closes it. */
  readonly dataset: Dataset;
  /** Listed once. */
  readonly items: ItemList<DatasetItem>;
}

const instead = 'give an image or a folder of images, or a file of many';
const remedies: FolderRemedies = {
  missing: instead,
  empty: instead,
  unreadable: 'check its permissions',
  file: () => instead,
};

/**
 * Lists the images of a folder and its subfolders, of a file of many images, or the one image if the path is an image; for `-`, the
 * files of a list on standard input.
 *
 * @param onWarning called with what was left out
 * @param maxPixels larger images are refused before memory is allocated
 * @throws DatasetError when the path is missing, unreadable, or has no image
 */
export async function findImages(
  path: string,
  onWarning: (message: string) => void,
  maxPixels?: number,
): Promise<FoundImages> {
  const dataset =
    path === standardInput
      ? standardInputDataset({ maxPixels })
      : await datasetIn(path, onWarning, maxPixels);
  const items = await listItems<DatasetItem>(dataset, { signal: new AbortController().signal, onWarning });
  return { dataset: { ...dataset, items: () => items }, items };
}

async function datasetIn(
  path: string,
  onWarning: (message: string) => void,
  maxPixels: number | undefined,
): Promise<Dataset> {
  const form = await formOf(path);
  if (form) return form.open(path, { maxPixels });
  return { ...imageFiles(maxPixels), name: path, items: () => imagesIn(path, onWarning) };
}

async function imagesIn(path: string, onWarning: (message: string) => void): Promise<ItemList<ImageFile>> {
  const status = await stat(path).catch(() => null);
  if (!status?.isFile()) return folderList(path, { onWarning }, remedies);
  const { size: bytes, mtimeMs: modified } = status;
  return [{ path, name: basename(path), version: fileVersion(bytes, modified), bytes, modified }];
}
