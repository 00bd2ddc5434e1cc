/**
 * LMDB databases of images, as the authors of NVAE and many others write them: a key per image, an encoded image or samples as its
 * value. The library for Node reads another version of the format than the one that Python writes, so the pages are read here: a
 * B+ tree of one table, without writing or locking.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchiveKind, archiveDataset, type RawImage } from '../archives/archiveDataset.js';
import { largestMember } from '../archives/archiveMembers.js';
import type { ByteSource } from '../bytes/byteSource.js';
import { DamagedImageError } from '../damagedImageError.js';
import type { DataForm } from '../dataForm.js';
import { isReadableStart } from '../formats.js';
import { type PackedTable, PackedTableBuilder } from '../packed/packedTable.js';

/** Columns of the index after the first. */
const column = { offset: 1, size: 2 };
const pageHeader = 16;
const meta = {
  magic: 16,
  version: 20,
  pageSize: 40,
  depth: 94,
  root: 128,
  lastPage: 136,
  transaction: 144,
  bytes: 152,
};
const [magic, version] = [0xbeefc0de, 1];
/** Bits of a page's flags. */
const [branchPage, leafPage] = [0x01, 0x02];
/** Bits of a node's flags: its value is on pages of its own; it is a table of its own, or has several values. */
const [bigValue, subTable, otherValues] = [0x01, 0x02, 0x02 | 0x04];
const nodeHeader = 8;
const deepest = 32;
/** Counts and settings beside the images are shorter than any image file. */
const shortestValue = 32;

const lmdbFile: ArchiveKind = {
  name: 'LMDB database',
  index: valuesOf,
  async read(file, index, row) {
    const size = index.number(row, column.size);
    const bytes = await file.read(index.number(row, column.offset), size);
    if (bytes.length < size) throw new DamagedImageError('the database ends within it');
    return imageIn(bytes);
  },
};

/** A folder with data.mdb, or that file. */
export const lmdbForm: DataForm = {
  async accepts({ path, isFolder, start }) {
    if (!isFolder) return isDatabase(start);
    const file = await stat(join(path, 'data.mdb')).catch(() => null);
    return file?.isFile() ?? false;
  },
  open: (path, options) => {
    const file = path.endsWith('.mdb') ? path : join(path, 'data.mdb');
    return archiveDataset(path, lmdbFile, options, file);
  },
};

function isDatabase(start: Buffer): boolean {
  return start.length >= meta.bytes && start.readUInt32LE(meta.magic) === magic;
}

interface Database {
  readonly pageSize: number;
  readonly root: bigint;
  readonly lastPage: bigint;
}

/** The newer of the two descriptions at the start of a database. @throws Error */
async function databaseIn(file: ByteSource): Promise<Database> {
  const first = await file.read(0, meta.bytes);
  if (!isDatabase(first))
    throw new Error('expected an LMDB database, got something else; copy or download it again');
  if (first.readUInt32LE(meta.version) !== version) {
    const found = first.readUInt32LE(meta.version);
    throw new Error(
      `expected an LMDB database of version ${version}, got ${found}; write it with another LMDB`,
    );
  }
  const pageSize = first.readUInt32LE(meta.pageSize);
  if (pageSize < 512 || pageSize > 2 ** 16)
    throw new Error('its description is damaged; copy or download it again');
  const second = await file.read(pageSize, meta.bytes);
  const isNewer =
    isDatabase(second) && second.readBigUInt64LE(meta.transaction) > first.readBigUInt64LE(meta.transaction);
  const newest = isNewer ? second : first;
  const [root, lastPage] = [newest.readBigUInt64LE(meta.root), newest.readBigUInt64LE(meta.lastPage)];
  return { pageSize, root, lastPage };
}

/** Keys with their values, in the order of the keys. @throws Error when a page is damaged */
async function valuesOf(file: ByteSource): Promise<PackedTable> {
  const { pageSize, root, lastPage } = await databaseIn(file);
  const values = new PackedTableBuilder(3);
  let [visited, tables] = [0, 0];
  const visit = async (page: bigint, depth: number): Promise<void> => {
    const problem = `page ${page} is damaged; copy or download the database again`;
    visited += 1; // a damaged page may lead back to one above it
    if (page > lastPage || visited > lastPage || depth > deepest) throw new Error(problem);
    const begin = Number(page) * pageSize;
    const bytes = await file.read(begin, pageSize);
    if (bytes.length < pageSize)
      throw new Error(`it ends before page ${page}; copy or download the database again`);
    const flags = bytes.readUInt16LE(10);
    if ((flags & (branchPage | leafPage)) === 0) throw new Error(problem);
    for (const at of nodesIn(bytes, problem)) {
      const [low, high, bits, keySize] = [0, 2, 4, 6].map((offset) => bytes.readUInt16LE(at + offset)) as [
        number,
        number,
        number,
        number,
      ];
      if (flags & branchPage) {
        await visit(BigInt(low) | (BigInt(high) << 16n) | (BigInt(bits) << 32n), depth + 1);
        continue;
      }
      const data = at + nodeHeader + keySize;
      const size = low + high * 2 ** 16;
      if ((bits & otherValues) === subTable) tables += 1;
      if (data + (bits & bigValue ? 8 : size) > pageSize) throw new Error(problem);
      if (bits & otherValues || size < shortestValue || size > largestMember) continue;
      const offset =
        bits & bigValue ? Number(bytes.readBigUInt64LE(data)) * pageSize + pageHeader : begin + data;
      values.add(bytes.toString('utf8', at + nodeHeader, data), 0, offset, size);
    }
  };
  const empty = 2n ** 64n - 1n;
  if (root !== empty) await visit(root, 0);
  if (values.length === 0 && tables > 0) {
    const found = `no images in its main table, which is the only one that is read, but ${tables} named`;
    throw new Error(`${found} ${tables === 1 ? 'table' : 'tables'}; write the images into the main table`);
  }
  return values.table();
}

/** Where the nodes of a page are. */
function nodesIn(bytes: Buffer, problem: string): number[] {
  const count = (bytes.readUInt16LE(12) - pageHeader) / 2;
  if (count < 0 || !Number.isInteger(count) || pageHeader + 2 * count > bytes.length)
    throw new Error(problem);
  return Array.from({ length: count }, (_, i) => {
    const at = bytes.readUInt16LE(pageHeader + 2 * i);
    if (at < pageHeader || at + nodeHeader > bytes.length) throw new Error(problem);
    return at;
  });
}

/** A value is an image file, or else red, green and blue of a square, pixel by pixel. @throws DamagedImageError */
function imageIn(bytes: Buffer): Buffer | RawImage {
  const side = Math.sqrt(bytes.length / 3);
  if (isReadableStart(bytes)) return bytes;
  if (Number.isInteger(side)) {
    return { samples: bytes, height: side, width: side, channels: 3, channelsFirst: false };
  }
  if (bytes[0] === 0x80) throw new DamagedImageError('a pickled object of Python, which cannot be read');
  return bytes;
}
