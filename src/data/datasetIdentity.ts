/** Identities of datasets: short texts that checkpoints store to detect a changed dataset. */
import type { Dataset, DatasetItem, ItemList } from './dataset.js';
import { digest } from './digest.js';
import { itemsOf } from './itemsOf.js';
import { orAborted } from './orAborted.js';

const unknown = '-';
const longest = 100;

/** How a dataset differs from an earlier one. */
export interface DatasetChange {
  /** `60 images before, 20 now`, or what else changed. */
  readonly words: string;
  /** Whether the order of an epoch changes. */
  readonly order: boolean;
}

/**
 * `order/count/content`: a digest of the names, the number of items, and what the dataset reports about its content, which may have
 * several parts. `-` stands for an unknown part. `items` can be a part of what the dataset `listed`.
 */
export async function datasetIdentity(
  dataset: Pick<Dataset, 'identity'>,
  items: ItemList<DatasetItem>,
  signal: AbortSignal,
  listed: ItemList<DatasetItem> = items,
): Promise<string> {
  const content = await contentOf(dataset, listed, signal);
  return [orderOf(items), items.length, content].join('/');
}

/** Returns null if nothing is known to have changed. */
export function datasetChange(before: string, now: string): DatasetChange | null {
  const [orderBefore, countBefore = unknown, ...contentBefore] = before.split('/');
  const [orderNow, countNow = unknown, ...contentNow] = now.split('/');
  const differ = (a = unknown, b = unknown) => a !== b && a !== unknown && b !== unknown;
  const order = orderBefore !== orderNow;
  if (differ(countBefore, countNow)) return { order, words: `${countBefore} images before, ${countNow} now` };
  if (order) return { order, words: 'different names' };
  if (contentBefore.some((part, i) => differ(part, contentNow[i]))) {
    return { order, words: 'the same names, but different content' };
  }
  return null;
}

/** A digest that changes whenever the order of an epoch does. */
function orderOf(items: ItemList<DatasetItem>): string {
  return digest(linesOf(items, ({ name }) => name));
}

async function contentOf(
  dataset: Pick<Dataset, 'identity'>,
  items: ItemList<DatasetItem>,
  signal: AbortSignal,
): Promise<string> {
  if (!dataset.identity) return versionsOf(items);
  try {
    const identity = String(await orAborted(signal, () => dataset.identity?.(items, signal) ?? unknown));
    return identity.length > longest ? digest([identity]) : identity || unknown;
  } catch {
    signal.throwIfAborted();
    return unknown; // it may be known next time
  }
}

function versionsOf(items: ItemList<DatasetItem>): string {
  for (const { version } of itemsOf(items)) if (version === undefined) return unknown;
  return digest(linesOf(items, ({ version }) => version));
}

function* linesOf(items: ItemList<DatasetItem>, of: (item: DatasetItem) => unknown): Iterable<string> {
  for (const item of itemsOf(items)) yield `${of(item)}\n`;
}
