import type { DatasetItem } from '../dataset.js';

/** An item of one of several datasets. */
export class JoinedItem implements DatasetItem {
  readonly name: string;
  readonly path?: string;
  /** A path that is not UTF-8, as of an `ImageFile`. */
  readonly pathBytes?: Buffer;
  readonly version?: string;
  readonly repeat: number;
  /** Index of the dataset. */
  readonly part: number;
  /** The item, as that dataset lists it. */
  readonly item: DatasetItem;

  /** @param repeat how often the dataset is taken */
  constructor(
    label: string,
    part: number,
    item: DatasetItem & { readonly pathBytes?: Buffer },
    repeat: number,
  ) {
    this.name = `${label}/${item.name}`;
    if (item.path !== undefined) this.path = item.path;
    if (item.pathBytes !== undefined) this.pathBytes = item.pathBytes;
    if (item.version !== undefined) this.version = item.version;
    this.repeat = repeat * (item.repeat ?? 1);
    this.part = part;
    this.item = item;
  }
}

/** The name of an item in its own dataset: whether it is held out does not change when datasets are joined. */
export function ownName(item: DatasetItem): string {
  return item instanceof JoinedItem ? ownName(item.item) : item.name;
}
