import { defer, finalize, from, mergeMap, type Observable } from 'rxjs';
import type { Dataset, DatasetItem } from '../../data/dataset.js';
import type { ImageFile } from '../../data/imageFile.js';
import { itemsOf } from '../../data/itemsOf.js';
import { type ListImagesOptions, listImages } from '../../data/listImages.js';
import { listItems } from '../../data/listItems.js';

/**
 * The images of a folder and the folders inside it, once, in an order that is always the same.
 *
 *     images   (abc|)
 *
 * Files are known by their extension; hidden ones and all others are passed over. Links are followed, each folder is read
 * once, and what cannot be read is left out, with one warning. Cold: the folder is read at every subscription. Decoding shows
 * whether a file is a whole image.
 *
 * @param folder its path
 * @param options what to leave out, and a function for the warning
 * @throws DatasetError in the stream when the folder is missing, unreadable, or has no image
 *
 * @example
 * images('photos').subscribe(({ name }) => console.log(name));
 */
export function images(folder: string, options?: ListImagesOptions): Observable<ImageFile>;
/**
 * The items of a dataset, once, in its order. Cold: it is listed at every subscription.
 *
 *     images   (abc|)
 *
 * @param dataset of any origin
 * @param options a function for warnings
 * @throws DatasetError in the stream when it cannot be listed, or its items are not as `Dataset` says
 *
 * @example
 * images(dataset).pipe(decodeImages({ dataset, size: 64 }));
 */
export function images<Item extends DatasetItem>(
  dataset: Dataset<Item>,
  options?: Pick<ListImagesOptions, 'onWarning'>,
): Observable<Item>;
export function images(
  source: string | Dataset<DatasetItem>,
  options: ListImagesOptions = {},
): Observable<DatasetItem> {
  return defer(() => {
    if (typeof source === 'string') return from(listImages(source, options));
    const unwanted = new AbortController();
    const { onWarning = () => undefined } = options;
    const listed = listItems(source, { signal: unwanted.signal, onWarning });
    return from(listed).pipe(finalize(() => unwanted.abort()));
  }).pipe(mergeMap((items) => itemsOf(items)));
}
