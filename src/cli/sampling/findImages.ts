import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileVersion } from '../../data/fileVersion.js';
import type { ImageFile } from '../../data/imageFile.js';
import { type FolderRemedies, listImages } from '../../data/listImages.js';

const remedies: FolderRemedies = {
  missing: 'give an image or a folder of images',
  empty: 'give an image or a folder of images',
  unreadable: 'check its permissions',
  file: () => 'give an image or a folder of images',
};

/**
 * Lists the images of a folder and its subfolders, or the one image if the path is a file.
 *
 * @param onWarning called at most once, with what was left out of the folder
 * @throws DatasetError when the folder is missing, unreadable, or has no image
 */
export async function findImages(
  path: string,
  onWarning: (message: string) => void,
): Promise<readonly ImageFile[]> {
  const status = await stat(path).catch(() => null);
  if (!status?.isFile()) return listImages(path, { onWarning }, remedies);
  const { size: bytes, mtimeMs: modified } = status;
  return [{ path, name: basename(path), version: fileVersion(bytes, modified), bytes, modified }];
}
