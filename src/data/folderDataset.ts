import type { Dataset } from './dataset.js';
import { fileContentIdentity } from './fileContentIdentity.js';
import type { ImageFile } from './imageFile.js';
import { imageFiles } from './imageFiles.js';
import { type ListImagesOptions, listImages } from './listImages.js';

/** Which files of a folder are listed, and how large they may be. */
export interface FolderDatasetOptions extends Omit<ListImagesOptions, 'onWarning'> {
  /** Images with more pixels are refused before they take memory. @default 268,402,689, as sharp */
  readonly maxPixels?: number;
}

/**
 * The images of a folder and the folders inside it, as `train` uses them where it is given a path: turned upright by their EXIF
 * entry, transparent parts on white, grey as RGB, the shorter side resized and the middle of the longer one kept.
 *
 * Items are listed in the order of their names' bytes. `items` throws a `DatasetError` when the folder is missing, unreadable, or
 * has no image.
 *
 * @param folder its path
 * @param options what to leave out, and the largest image
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
    items: (_signal, warn) => listImages(folder, { ...listing, onWarning: warn }),
    identity: fileContentIdentity,
  };
}
