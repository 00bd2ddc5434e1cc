/**
 * Indexes of large files, kept in the cache folder: what takes minutes to find by reading an archive is there at once in the next
 * run.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolders } from '../cacheFolders.js';
import { digest } from '../digest.js';
import { currentFileVersion } from '../fileVersion.js';
import { type PackedTable, packedTable } from './packedTable.js';

/** Changes when tables are written in another way, or hold something else. */
const formatVersion = 2;
const magic = Buffer.from('nvae index 01\n\0\0');

/** What a table is of. */
export interface KeptTableOf {
  /** Path of the file. */
  readonly path: string;
  /** What the rows mean, such as `tar members`. */
  readonly kind: string;
}

/**
 * Returns the table that an earlier run kept for this file, as long as the file is the same by path, size and time; or else builds
 * it and keeps it. Without a writable folder it is built each time.
 *
 * @param folders candidates for the folder, best first
 */
export async function keptTable(
  { path, kind }: KeptTableOf,
  build: () => Promise<PackedTable>,
  folders: readonly string[] = cacheFolders(),
): Promise<PackedTable> {
  const key = [formatVersion, kind, await realpath(path), await currentFileVersion(path)].join('\0');
  const name = `index-${digest([key])}.bin`;
  for (const folder of folders) {
    const kept = await readFile(join(folder, name)).then(read, () => null);
    if (kept) return kept;
  }
  const table = await build();
  for (const folder of folders) if (await write(table, folder, name)) break;
  return table;
}

async function write({ parts }: PackedTable, folder: string, name: string): Promise<boolean> {
  const part = join(folder, `${name}.${process.pid}-${randomUUID()}.partial`);
  try {
    await mkdir(folder, { recursive: true });
    const { names, ends, numbers } = parts;
    const sizes = Float64Array.of(names.length, ends.length, numbers.length);
    const content = [sizes, ends, numbers, names].map((array) =>
      Buffer.from(array.buffer, array.byteOffset, array.byteLength),
    );
    await writeFile(part, [magic, Buffer.from(digest(content), 'hex'), ...content]);
    await rename(part, join(folder, name));
    return true;
  } catch {
    await rm(part, { force: true }).catch(() => undefined);
    return false;
  }
}

const digestBytes = 8;

/** Null for a file that was damaged. */
function read(file: Buffer): PackedTable | null {
  const start = magic.length + digestBytes;
  const content = file.subarray(start);
  if (!file.subarray(0, magic.length).equals(magic) || content.length < 24) return null;
  if (digest([content]) !== file.subarray(magic.length, start).toString('hex')) return null;
  const bytes = new Uint8Array(content); // a copy, so that its numbers are aligned
  const [names = 0, ends = 0, numbers = 0] = new Float64Array(bytes.buffer, 0, 3);
  return packedTable({
    ends: new Float64Array(bytes.buffer, 24, ends),
    numbers: new Float64Array(bytes.buffer, 24 + 8 * ends, numbers),
    names: new Uint8Array(bytes.buffer, 24 + 8 * (ends + numbers), names),
  });
}
