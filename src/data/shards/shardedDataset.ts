import { stat } from 'node:fs/promises';
import { printable } from '../../base/messageText.js';
import { reopening } from '../bytes/reopening.js';
import type { Dataset, DatasetItem, ItemList } from '../dataset.js';
import { digest } from '../digest.js';
import { firstAbove } from '../packed/firstAbove.js';

/** One of the files of a dataset. */
export interface Shard {
  /** Its name among the others. */
  readonly name: string;
  readonly path: string;
  readonly dataset: Dataset;
}

interface ListedShard extends Shard {
  readonly items: ItemList<DatasetItem>;
}

interface ShardItem extends DatasetItem {
  /** Index of the file. */
  readonly shard: number;
  /** The item in that file. */
  readonly item: DatasetItem;
}

/** Number of files whose content says whether they are the same; the sizes of all say it, too. */
const samples = 16;
/** Number of files whose warnings are passed on. */
const mostWarnings = 3;

/**
 * The images of several files, one file after the other, named `<file>/<image>`. A list keeps nothing per image besides the lists of the
 * files.
 *
 * @param open finds the files; called once, until the dataset is closed
 */
export function shardedDataset(
  path: string,
  open: (warn: (message: string) => void) => Promise<readonly Shard[]>,
): Dataset<ShardItem> {
  let warnOfNow: (message: string) => void = () => undefined;
  const opened = reopening(async () => {
    const shards = await open((message) => warnOfNow(message));
    const close = async () => {
      for (const { dataset } of shards) await dataset.close?.();
    };
    return { shards, close };
  });
  const shardOf = async ({ shard }: ShardItem) => {
    const { shards } = await opened.get();
    return (shards[shard] as Shard).dataset;
  };
  return {
    name: path,
    async items(signal, warn) {
      warnOfNow = warn;
      const { shards } = await opened.get();
      const warnings = fewWarnings(path, warn);
      const listed: ListedShard[] = [];
      for (const shard of shards) {
        signal.throwIfAborted();
        listed.push({ ...shard, items: await shard.dataset.items(signal, warnings.add) });
      }
      warnings.end();
      return joined(listed);
    },
    decode: async (item, size, signal) => (await shardOf(item)).decode(item.item, size, signal),
    async stored(item, signal) {
      const stored = await (await shardOf(item)).stored?.(item.item, signal);
      if (!stored) throw new Error('internal: a file of many images that does not say how they are stored');
      return stored;
    },
    async currentVersion(item, signal) {
      return (await (await shardOf(item)).currentVersion?.(item.item, signal)) ?? item.version ?? '';
    },
    async identity(_items, signal) {
      const { shards } = await opened.get();
      const sizes: string[] = [];
      for (const { path: file } of shards) sizes.push(`${(await stat(file)).size}\n`);
      const contents: string[] = [];
      const step = Math.ceil(shards.length / samples);
      for (let i = 0; i < shards.length; i += step) {
        const { dataset } = shards[i] as Shard;
        const list = await dataset.items(signal, () => undefined);
        contents.push(String(await dataset.identity?.(list, signal)));
      }
      return `${digest(sizes)}/${digest(contents)}`;
    },
    close: () => opened.close(),
  };
}

function joined(shards: readonly ListedShard[]): ItemList<ShardItem> {
  let end = 0;
  const ends = Float64Array.from(shards, ({ items }) => {
    end += items.length;
    return end;
  });
  const at = (index: number): ShardItem | undefined => {
    const shard = firstAbove(ends, index);
    const found = shards[shard];
    const item = found?.items.at(index - (ends[shard - 1] ?? 0));
    if (!found || !item) return undefined;
    const { version, path } = item;
    return {
      name: `${found.name}/${item.name}`,
      path: path ?? `${found.path}/${item.name}`,
      ...(version !== undefined && { version }),
      shard,
      item,
    };
  };
  return { length: end, at };
}

/** Passes on the first warnings, and counts the others: a thousand files may have the same. */
function fewWarnings(path: string, warn: (message: string) => void) {
  let count = 0;
  return {
    add(message: string) {
      count += 1;
      if (count <= mostWarnings) warn(message);
    },
    end() {
      const more = count - mostWarnings;
      if (more > 0)
        warn(`${printable(path)}: ${more} more of its files have parts that are left out or missing`);
    },
  };
}
