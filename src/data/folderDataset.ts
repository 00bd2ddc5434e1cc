import type { Dataset } from './dataset.js';
import { fileContentIdentity } from './fileContentIdentity.js';
import { folderList, type ListImagesOptions } from './folderList.js';
import type { ImageFile } from './imageFile.js';
import { imageFiles } from './imageFiles.js';

/** Which files of a folder to list, and how large they may be. */
export interface FolderDatasetOptions extends Omit<ListImagesOptions, 'onWarning'> {
  /** Images with more pixels are refused before memory is allocated. @default 268,402,689, as in sharp */
  readonly maxPixels?: number;
}

/**
 * Creates a dataset of the images in a folder and its subfolders, as `train` does for a path. Files are rotated according to their
 * EXIF orientation, transparent parts become white, the shorter side is resized and the longer one cropped to the centre. Grey becomes
 * RGB, or for a model of grey images RGB becomes grey (see `Dataset.decode`).
 *
 * Items are listed in byte order of their names. `items` throws a `DatasetError` when the folder is missing, unreadable, or has no
 * image.
 *
 * @param folder path of the folder
 * @param options what to leave out, and the size limit of images
 *
 * @example
 * train(config, { dataset: folderDataset('photos', { except: ['photos/rejected'] }) });
 */
export function folderDataset(
  folder: string,
  { maxPixels, ...listing }: FolderDatasetOptions = {},
): Dataset<ImageFile> {
  return {
    ...imageFiles(maxPixels),
    name: folder,
    items: (_signal, warn) => folderList(folder, { ...listing, onWarning: warn }),
    identity: fileContentIdentity,
  };
}
