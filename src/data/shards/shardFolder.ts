import { opendir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isReadable } from '../formats.js';
import { isShardName } from '../packedNames.js';

/**
 * The names of the files of many images in a folder, in byte order; null for a folder with images or other folders, which is one of
 * images. Stops at the first of these.
 */
export async function shardNamesIn(folder: string): Promise<string[] | null> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      const { name } = entry;
      if (name.startsWith('.')) continue;
      const isLink = entry.isSymbolicLink();
      const status = isLink ? await stat(join(folder, name)).catch(() => null) : entry;
      if (status?.isDirectory()) return null;
      if (!status?.isFile()) continue;
      if (isReadable(extname(name).slice(1).toLowerCase())) return null;
      if (isShardName(name)) names.push(name);
    }
  } catch {
    return null; // the error for a folder that cannot be read is that of a folder of images
  }
  if (names.length === 0) return null;
  return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
