import type { DatasetItem, ItemList } from '../../data/dataset.js';
import { digest } from '../../data/digest.js';
import { itemsOf } from '../../data/itemsOf.js';

/** What the images of a rank have in common with those of others; plain data. */
export interface Fingerprint {
  readonly count: number;
  /** A digest of the names, in their order. */
  readonly names: string;
  /** A digest of the sizes of the files. Their times differ where the files are copies. */
  readonly sizes: string;
}

type SizedItem = DatasetItem & { readonly bytes?: unknown };

export function fingerprintOf(items: ItemList<SizedItem>): Fingerprint {
  const lines = function* (of: (item: SizedItem) => unknown) {
    for (const item of itemsOf(items)) yield `${of(item)}\n`;
  };
  const sizeOf = ({ bytes }: SizedItem) => (typeof bytes === 'number' ? bytes : '');
  return { count: items.length, names: digest(lines(({ name }) => name)), sizes: digest(lines(sizeOf)) };
}

/** How the images of a rank differ from those of rank 0; null if they are the same, as far as is known. */
export function imagesDifference(first: Fingerprint, other: Fingerprint): string | null {
  if (first.count !== other.count) return `${other.count} images, on rank 0 ${first.count}`;
  if (first.names !== other.names) return `as many images as on rank 0 (${first.count}), with other names`;
  if (first.sizes !== other.sizes) return 'the names of rank 0, but files of other sizes';
  return null;
}
