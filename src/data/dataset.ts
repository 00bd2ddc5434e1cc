/** What a dataset is, wherever its images come from: a list of named items, and pixels for one of them at a time. */

/** One image of a dataset; nothing of it has been read. */
export interface DatasetItem {
  /**
   * Unique in its dataset and the same in every run. Warnings name the item by it, and random draws of augmentation depend on
   * it.
   */
  readonly name: string;
  /**
   * Differs when the image does: a hash, a revision, a size and time. Images with a version are also cached on disk, and a
   * changed version is reported at a resume. @default none: cached in memory only
   */
  readonly version?: string;
  /**
   * The item's path or URL, for messages; the same image has the same path in every dataset that shares a cache.
   * @default the dataset's name and the item's
   */
  readonly path?: string;
}

/** A list that need not be in memory; an array is one. */
export interface ItemList<Item> {
  /** The number of items. */
  readonly length: number;
  /**
   * The item at an index, the same at every call.
   *
   * @param index from 0 to `length - 1`
   */
  at(index: number): Item | undefined;
}

/**
 * Images from anywhere: an array, a generator, a database, a store on the network. `train` accepts one instead of a folder, with
 * checkpoints, resume, cache, warnings and journal as for a folder. `folderDataset` and `datasetOf` make some.
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
  /** For messages. Datasets that share a cache need different names. */
  readonly name: string;
  /** Whether decoded images are cached; false for images that are quick to decode or already in memory. @default true */
  readonly cached?: boolean;
  /**
   * All images, in an order that is the same in every run: a resume depends on it. Called once a run.
   *
   * @param signal aborts when the list is not wanted any more
   * @param warn reports something that was left out, in one sentence
   * @throws DatasetError, or anything else, which ends the run
   */
  items(signal: AbortSignal, warn: (message: string) => void): ItemList<Item> | PromiseLike<ItemList<Item>>;
  /**
   * One image as red, green, blue per pixel, row by row: `size * size * 3` values. Several calls may run at once. The array
   * belongs to the run afterwards: do not write to it again.
   *
   * @param item one of `items`
   * @param size height and width of the model's images
   * @param signal aborts when the image is not wanted any more; the result is ignored then
   * @throws UnreadImageError if it cannot be read at the moment; it is skipped in this epoch and tried again in the next.
   *   System errors (`ENOENT`, `ECONNRESET`) count as that
   * @throws DamagedImageError, or anything else, if it will never decode; it is skipped with a warning until its version changes
   */
  decode(item: Item, size: number, signal: AbortSignal): Uint8Array | PromiseLike<Uint8Array>;
  /**
   * The version of an item at this moment, where it can change during a run: damage is remembered for this version only.
   *
   * @default the item's `version`
   * @param item one of `items`
   * @param signal aborts when the answer is not wanted any more
   */
  currentVersion?(item: Item, signal: AbortSignal): string | PromiseLike<string>;
  /**
   * A short text that changes when the content of the dataset does. Checkpoints keep it, and a change is reported at a resume;
   * number, names and order of the items are compared in any case.
   *
   * @default from the versions of the items
   * @param items what `items` returned
   * @param signal aborts when the answer is not wanted any more
   */
  identity?(items: ItemList<Item>, signal: AbortSignal): string | PromiseLike<string>;
}
