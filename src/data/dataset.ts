/** Datasets from any source: a list of named items, and the pixels of one item at a time. */

import type { EncodedImage } from './encodedImage.js';
import type { SizedImage } from './sizedImage.js';
import type { StoredImage } from './storedImage.js';

/** One image of a dataset, before anything of it is read. */
export interface DatasetItem {
  /**
   * Unique in its dataset and the same in every run. Warnings name the item by it, and the random draws of augmentation depend
   * on it.
   */
  readonly name: string;
  /**
   * Changes when the image changes: a hash, a revision, a size and time. Images with a version are also cached on disk, and a
   * changed version is reported at a resume. @default none: cached in memory only
   */
  readonly version?: string;
  /**
   * The item's path or URL, for messages; the same image has the same path in every dataset that shares a cache.
   * @default the names of the dataset and the item
   */
  readonly path?: string;
  /**
   * How often an epoch takes the image: a positive integer. Each time it is augmented differently. Images that are measured or encoded
   * are taken once. @default 1
   */
  readonly repeat?: number;
}

/** A list that need not be in memory; arrays are such lists. */
export interface ItemList<Item> {
  /** The number of items. */
  readonly length: number;
  /**
   * Returns the item at an index, the same at every call.
   *
   * @param index from 0 to `length - 1`
   */
  at(index: number): Item | undefined;
}

/** What `decode` of a `Dataset` returns: a file, an image of any size, or a square of the size that is asked for. */
export type DecodeResult = EncodedImage | SizedImage | Uint8Array;

/**
 * Images from any source: an array, a generator, a database, a store on the network. `train` accepts one instead of a folder, with
 * the same checkpoints, resume, cache, warnings and journal. `folderDataset` and `datasetOf` create datasets.
 *
 * A run lists the items once and then decodes one image of a batch at a time, at most `prefetch` batches ahead of the running
 * step, so memory does not depend on the number of images.
 *
 * @example
 * const rows: Dataset = {
 *   name: 'rows of a database',
 *   items: () => database.all('select id as name from images order by id'),
 *   decode: ({ name }, size) => database.pixels(name, size),
 * };
 */
export interface Dataset<Item extends DatasetItem = DatasetItem> {
  /** Name in messages. Datasets that share a cache need different names. */
  readonly name: string;
  /** Whether decoded images are cached; false for images that are quick to decode or already in memory. @default true */
  readonly cached?: boolean;
  /**
   * Returns all images, in the same order in every run: a resume depends on it. Called once per run.
   *
   * @param signal aborts when the list is no longer needed
   * @param warn reports something that was left out, in one sentence
   * @throws DatasetError, or any other error, which ends the run
   */
  items(signal: AbortSignal, warn: (message: string) => void): ItemList<Item> | PromiseLike<ItemList<Item>>;
  /**
   * Returns one image: the bytes of an image file, as `{ file }`; an image of any height and width, as `{ width, height, pixels }`; or a
   * square of this size as red, green, blue per pixel, row by row (`size * size * 3` values), or as one grey per pixel (`size * size`
   * values). The first two become squares as the files of a folder do; a square is used as it is. A model of colour images gets grey as three equal values, a
   * model of grey images the luma of a colour (0.299 red + 0.587 green + 0.114 blue). Several calls may run at once. The arrays belong
   * to the run afterwards: do not write to them again.
   *
   * @param item one of `items`
   * @param size height and width of the model's images, times `random_crop` of the configuration if that is set
   * @param signal aborts when the image is no longer needed; the result is ignored then
   * @throws UnreadImageError if it cannot be read at the moment; it is skipped in this epoch and tried again in the next.
   *   System errors (`ENOENT`, `ECONNRESET`) count as this error
   * @throws DamagedImageError, or any other error, if it can never be decoded; it is skipped with a warning until its version
   *   changes
   */
  decode(item: Item, size: number, signal: AbortSignal): DecodeResult | PromiseLike<DecodeResult>;
  /**
   * Returns the current version of an item, if it can change during a run: damage is remembered for this version only.
   *
   * @default the item's `version`
   * @param item one of `items`
   * @param signal aborts when the answer is no longer needed
   */
  currentVersion?(item: Item, signal: AbortSignal): string | PromiseLike<string>;
  /**
   * Returns a short text that changes when the content of the dataset changes. Checkpoints store it, and a change is reported at a
   * resume; number, names and order of the items are compared in any case.
   *
   * @default from the versions of the items
   * @param items what `items` returned
   * @param signal aborts when the answer is no longer needed
   */
  identity?(items: ItemList<Item>, signal: AbortSignal): string | PromiseLike<string>;
  /**
   * Returns how an item is stored: its format, size and colours. For reports, which call it for items that were decoded.
   *
   * @default unknown
   * @param item one of `items`
   * @param signal aborts when the answer is no longer needed
   */
  stored?(item: Item, signal: AbortSignal): StoredImage | PromiseLike<StoredImage>;
  /**
   * Frees what `items` and `decode` opened: connections, files. A run or an evaluation calls it at its end; the same dataset may be
   * used again afterwards.
   *
   * @default nothing to free
   */
  close?(): void | PromiseLike<void>;
}
