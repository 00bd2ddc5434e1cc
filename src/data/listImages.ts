import { type FolderRemedies, folderList, type ListImagesOptions } from './folderList.js';
import type { ImageFile } from './imageFile.js';
import { itemsOf } from './itemsOf.js';

/**
 * The images of a folder and its subfolders, with links followed, in byte order of their names.
 * @throws DatasetError when the folder is missing, unreadable, or contains no image
 */
export async function listImages(
  folder: string,
  options?: ListImagesOptions,
  remedies?: FolderRemedies,
): Promise<ImageFile[]> {
  return [...itemsOf(await folderList(folder, options, remedies))];
}
