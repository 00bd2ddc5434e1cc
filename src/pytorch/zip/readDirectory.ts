/**
 * The directory of a zip archive. Libraries for zip files answer an overlap, a doubled name or a contradiction between directory and
 * local header with one of the possible contents; here each is damage.
 */
import { describeValue } from '../../base/messageText.js';
import type { ByteSource } from '../../checkpoint/byteSource.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { damaged } from '../damaged.js';
import { readExactly } from '../readExactly.js';
import { findDirectory } from './findDirectory.js';
import { wideFields } from './wideFields.js';
import type { ZipRecord } from './zipRecord.js';

const headerSize = 46;
const localHeaderSize = 30;
/** Encrypted, strongly encrypted, masked. */
const encryption = 0x2041;

type Entry = Omit<ZipRecord, 'limit'>;

/**
 * Reads the directory, and checks it on its own.
 * @param where names the file in messages
 * @returns the records by name, without folders
 * @throws CheckpointError when it is damaged, or contains what archives of PyTorch do not have
 */
export async function readDirectory(
  source: ByteSource,
  where: string,
): Promise<ReadonlyMap<string, ZipRecord>> {
  const { begin, end, count } = await findDirectory(source, where);
  const bytes = await readExactly(source, where, begin, end - begin);
  const view = new DataView(bytes.buffer);
  const entries: Entry[] = [];
  let position = 0;
  for (let i = 0; i < count; i += 1) {
    const next = nextHeader(view, position, where);
    entries.push(entryAt(view, position, where));
    position = next;
  }
  if (position !== bytes.length)
    throw damaged(where, `its directory has ${bytes.length - position} bytes too many`);
  return recordsOf(entries, begin, where);
}

/** Position after a header of the directory. */
function nextHeader(view: DataView, position: number, where: string): number {
  const fits = position + headerSize <= view.byteLength;
  if (!fits || view.getUint32(position, true) !== 0x02014b50) {
    throw damaged(where, `its directory has no record at byte ${position}`);
  }
  const lengths = [28, 30, 32].map((field) => view.getUint16(position + field, true));
  const next = lengths.reduce((sum, length) => sum + length, position + headerSize);
  if (next > view.byteLength)
    throw damaged(where, `its directory ends within the record at byte ${position}`);
  return next;
}

function entryAt(view: DataView, at: number, where: string): Entry {
  const u16 = (field: number) => view.getUint16(at + field, true);
  const u32 = (field: number) => view.getUint32(at + field, true);
  const nameEnd = at + headerSize + u16(28);
  const name = nameFrom(new Uint8Array(view.buffer, at + headerSize, u16(28)), where);
  const extra = new DataView(view.buffer, nameEnd, u16(30));
  const wide = wideFields(extra, [u32(24), u32(20), u32(42)]);
  if (!wide) throw damaged(where, `record ${describeValue(name)} has no valid sizes`);
  const [size = 0, storedSize = 0, begin = 0] = wide;
  if (u16(8) & encryption)
    throw new CheckpointError(where, `record ${describeValue(name)} is encrypted; decrypt it first`);
  const method = u16(10);
  if (method !== 0 && method !== 8) {
    const remedy = 'pack the archive again without compression';
    throw new CheckpointError(
      where,
      `record ${describeValue(name)} is compressed with method ${method}; ${remedy}`,
    );
  }
  if (method === 0 && size !== storedSize) {
    throw damaged(where, `record ${describeValue(name)} has both ${size} and ${storedSize} bytes`);
  }
  if (u16(34) !== 0) throw damaged(where, `record ${describeValue(name)} is in another part of the archive`);
  return { name, isCompressed: method === 8, crc: u32(16), storedSize, size, begin };
}

function nameFrom(bytes: Uint8Array, where: string): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw damaged(where, 'a record has a name that is not UTF-8', error);
  }
  const isPlain = name !== '' && !name.startsWith('/') && !/[\\\p{Cc}]/u.test(name);
  if (isPlain && !name.split('/').includes('..')) return name;
  throw new CheckpointError(
    where,
    `its record ${describeValue(name)} has a name that PyTorch does not write; not read`,
  );
}

function recordsOf(
  entries: readonly Entry[],
  directory: number,
  where: string,
): ReadonlyMap<string, ZipRecord> {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin);
  const records = new Map<string, ZipRecord>();
  ordered.forEach((entry, i) => {
    const { name, begin, storedSize } = entry;
    const limit = ordered[i + 1]?.begin ?? directory;
    if (begin + localHeaderSize + storedSize > limit) {
      throw damaged(where, `record ${describeValue(name)} overlaps what follows it`);
    }
    if (records.has(name)) throw damaged(where, `it has the record ${describeValue(name)} twice`);
    records.set(name, { ...entry, limit });
  });
  for (const name of [...records.keys()]) if (name.endsWith('/')) records.delete(name);
  return records;
}
