import { defer, finalize, from, mergeMap, type Observable } from 'rxjs';
import type { Dataset, DatasetItem } from '../../data/dataset.js';
import { folderList, type ListImagesOptions } from '../../data/folderList.js';
import type { ImageFile } from '../../data/imageFile.js';
import { itemsOf } from '../../data/itemsOf.js';
import { listItems } from '../../data/listItems.js';

/**
 * Emits the images of a folder and its subfolders once, always in the same order.
 *
 *     images   (abc|)
 *
 * Files are recognised by their extension; hidden and other files are skipped. Links are followed, each folder is read once,
 * and unreadable entries are left out with one warning. Cold: the folder is read at every subscription. Damaged files are
 * detected only when they are decoded.
 *
 * @param folder path of the folder
 * @param options what to leave out, and a callback for the warning
 * @throws DatasetError in the stream when the folder is missing, unreadable, or has no image
 *
 * @example
 * images('photos').subscribe(({ name }) => console.log(name));
 */
export function images(folder: string, options?: ListImagesOptions): Observable<ImageFile>;
/**
 * Emits the items of a dataset once, in its order. Cold: the items are listed at every subscription.
 *
 *     images   (abc|)
 *
 * @param dataset any dataset
 * @param options a callback for warnings
 * @throws DatasetError in the stream when the dataset cannot be listed, or its items violate the rules of `Dataset`
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
    if (typeof source === 'string') return from(folderList(source, options));
    const unwanted = new AbortController();
    const { onWarning = () => undefined } = options;
    const listed = listItems(source, { signal: unwanted.signal, onWarning });
    return from(listed).pipe(finalize(() => unwanted.abort()));
  }).pipe(mergeMap((items) => itemsOf(items)));
}
