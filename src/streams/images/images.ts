import { defer, from, mergeMap, type Observable } from 'rxjs';
import type { ImageFile } from '../../data/imageFile.js';
import { type ListImagesOptions, listImages } from '../../data/listImages.js';

/**
 * The images of a folder and the folders inside it, once, in an order that is always the same.
 *
 *     images   (abc|)
 *
 * Files are known by their extension; hidden ones and all others are passed over. Links are followed, each folder is read
 * once, and what cannot be read is left out, with one warning. Cold: the folder is read at every subscription. Whether a
 * file is a whole image shows when it is decoded.
 *
 * @throws DatasetError in the stream when the folder is missing, unreadable, or holds no image
 */
export function images(folder: string, options: ListImagesOptions = {}): Observable<ImageFile> {
  return defer(() => from(listImages(folder, options))).pipe(mergeMap((files) => files));
}
