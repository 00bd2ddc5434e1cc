/** Finds the directory of a zip archive by the end record, and by the zip64 end record if there is one. */
import type { ByteSource } from '../../checkpoint/byteSource.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { damaged } from '../damaged.js';
import { readExactly } from '../readExactly.js';

const endSize = 22;
const locatorSize = 20;
const wideEndSize = 56;
const longestComment = 65_535;
/** A checkpoint of 5000 weights has 15,000 records in 1 MB. */
const mostRecords = 200_000;
const largestDirectory = 32 * 2 ** 20;

export interface DirectoryPlace {
  readonly begin: number;
  readonly end: number;
  /** Number of records. */
  readonly count: number;
}

interface EndRecord {
  readonly count: number;
  readonly size: number;
  readonly begin: number;
}

/** @throws CheckpointError when there is no directory right before the end record, or it is far too large */
export async function findDirectory(source: ByteSource, where: string): Promise<DirectoryPlace> {
  const length = Math.min(source.size, endSize + longestComment + locatorSize);
  const tail = await readExactly(source, where, source.size - length, length);
  const view = new DataView(tail.buffer);
  const at = endRecordAt(view);
  if (at === null) throw damaged(where, 'a zip archive without its end; copy or download it again');
  const position = source.size - length + at;
  const narrow = narrowEnd(view, at, where);
  const hasLocator = at >= locatorSize && view.getUint32(at - locatorSize, true) === 0x07064b50;
  if (!hasLocator) return checked(narrow, position, where);
  const wideAt = Number(view.getBigUint64(at - locatorSize + 8, true));
  const isFirstPart = view.getUint32(at - locatorSize + 4, true) === 0;
  if (!isFirstPart || wideAt + wideEndSize > position - locatorSize) {
    throw damaged(where, `its zip64 end record is said to be at byte ${wideAt}`);
  }
  const wide = wideEnd(
    await readExactly(source, where, wideAt, wideEndSize),
    position - locatorSize - wideAt,
    where,
  );
  for (const [field, most] of [
    ['count', 0xffff],
    ['size', 0xffffffff],
    ['begin', 0xffffffff],
  ] as const) {
    if (narrow[field] !== most && narrow[field] !== wide[field]) {
      throw damaged(where, `its two end records contradict each other (${narrow[field]} and ${wide[field]})`);
    }
  }
  return checked(wide, wideAt, where);
}

/** The last end record whose comment reaches exactly to the end. */
function endRecordAt(view: DataView): number | null {
  for (let at = view.byteLength - endSize; at >= 0; at -= 1) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    if (at + endSize + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return null;
}

function narrowEnd(view: DataView, at: number, where: string): EndRecord {
  const u16 = (field: number) => view.getUint16(at + field, true);
  const isWhole = u16(4) === u16(6) && (u16(4) === 0 || u16(4) === 0xffff) && u16(8) === u16(10);
  if (!isWhole) throw damaged(where, 'a zip archive in several parts, which PyTorch does not write');
  return { count: u16(10), size: view.getUint32(at + 12, true), begin: view.getUint32(at + 16, true) };
}

function wideEnd(bytes: Uint8Array<ArrayBuffer>, space: number, where: string): EndRecord {
  const view = new DataView(bytes.buffer);
  const u64 = (field: number) => Number(view.getBigUint64(field, true));
  const isEndRecord = view.getUint32(0, true) === 0x06064b50 && u64(4) === space - 12;
  const isWhole = view.getUint32(16, true) === 0 && view.getUint32(20, true) === 0 && u64(24) === u64(32);
  if (!isEndRecord || !isWhole) throw damaged(where, 'its zip64 end record is not one');
  return { count: u64(32), size: u64(40), begin: u64(48) };
}

function checked({ count, size, begin }: EndRecord, end: number, where: string): DirectoryPlace {
  if (begin + size !== end) {
    throw damaged(
      where,
      `its directory is said to be at bytes ${begin} to ${begin + size}, which is not before its end record`,
    );
  }
  if (count > mostRecords || size > largestDirectory) {
    const limits = `${mostRecords} records in ${largestDirectory} bytes`;
    throw new CheckpointError(
      where,
      `its directory has ${count} records in ${size} bytes (at most ${limits}); not read`,
    );
  }
  return { begin, end, count };
}
