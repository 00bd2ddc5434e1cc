/** Reads the content of records: checked against local header and CRC, in pieces. */

import { crc32 } from '../../base/crc32.js';
import { describeValue } from '../../base/messageText.js';
import type { ByteSource } from '../../checkpoint/byteSource.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { damaged } from '../damaged.js';
import { readExactly, readInto } from '../readExactly.js';
import { inflated } from './inflated.js';
import { wideFields } from './wideFields.js';
import type { ZipRecord } from './zipRecord.js';

const headerSize = 30;
const pieceSize = 2 ** 20;

/** A compressed record is inflated again for each range, so that memory stays bounded; this bounds the time. */
const mostInflated = { bytes: 64 * 2 ** 20, perByte: 100 };

/** The content of the records of one archive. */
export class ZipData {
  readonly #source: ByteSource;
  readonly #where: string;
  /** Position of the data of records whose CRC was right. */
  readonly #checked = new Map<ZipRecord, number>();
  #inflated = 0;

  /** @param where names the file in messages */
  constructor(source: ByteSource, where: string) {
    this.#source = source;
    this.#where = where;
  }

  /**
   * Fills the target with the bytes of a record from `begin`. The first time, the whole record is read and its CRC checked.
   * @throws CheckpointError when the record is damaged
   */
  async read(record: ZipRecord, target: Uint8Array, begin = 0): Promise<void> {
    const known = this.#checked.get(record);
    if (known !== undefined && !record.isCompressed) {
      return readInto(this.#source, this.#where, target, known + begin);
    }
    const position = known ?? (await this.#dataPosition(record));
    const pieces = record.isCompressed
      ? this.#inflate(record, position)
      : this.#stored(record, position, target, begin);
    let done = 0;
    let crc = 0;
    for await (const piece of pieces) {
      if (done + piece.length > record.size) throw this.#wrongLength(record);
      crc = crc32(piece, crc);
      copyInto(target, begin, piece, done);
      done += piece.length;
    }
    if (done !== record.size) throw this.#wrongLength(record);
    if (crc !== record.crc) {
      const problem = `record ${describeValue(record.name)} does not match its CRC checksum`;
      throw damaged(this.#where, `${problem}; copy or download it again`);
    }
    this.#checked.set(record, position);
  }

  /** The pieces of a stored record. Those within the range are read right into the target. */
  async *#stored(
    record: ZipRecord,
    position: number,
    target: Uint8Array,
    begin: number,
  ): AsyncGenerator<Uint8Array> {
    const end = begin + target.length;
    let scratch: Uint8Array | undefined;
    for (let at = 0; at < record.size; ) {
      const isInside = at >= begin && at < end;
      const next = at < begin ? begin : isInside ? end : record.size;
      const length = Math.min(next - at, pieceSize);
      scratch ??= isInside ? undefined : new Uint8Array(Math.min(record.size, pieceSize));
      const piece = isInside
        ? target.subarray(at - begin, at - begin + length)
        : (scratch as Uint8Array).subarray(0, length);
      await readInto(this.#source, this.#where, piece, position + at);
      yield piece;
      at += length;
    }
  }

  #inflate(record: ZipRecord, position: number): AsyncIterable<Uint8Array> {
    this.#inflated += record.size;
    if (this.#inflated > mostInflated.bytes + mostInflated.perByte * this.#source.size) {
      const problem = `its compressed records inflate to more than ${mostInflated.perByte} times the file`;
      throw new CheckpointError(this.#where, `${problem}; pack it again without compression`);
    }
    return inflated(this.#source, this.#where, position, record);
  }

  /** Checks the local header against the directory. */
  async #dataPosition(record: ZipRecord): Promise<number> {
    const { begin, limit, storedSize, name } = record;
    const expected = new TextEncoder().encode(name);
    // Usually one read is enough: PyTorch's extra fields have at most 64 bytes.
    const guess = Math.min(headerSize + expected.length + 128, limit - begin);
    let bytes = await readExactly(this.#source, this.#where, begin, guess);
    const header = new DataView(bytes.buffer);
    const nameEnd = headerSize + header.getUint16(26, true);
    const end = nameEnd + header.getUint16(28, true);
    if (header.getUint32(0, true) !== 0x04034b50 || begin + end + storedSize > limit) {
      throw this.#contradiction(record);
    }
    if (end > guess) bytes = await readExactly(this.#source, this.#where, begin, end);
    const extra = new DataView(bytes.buffer, nameEnd, end - nameEnd);
    const isSame = isEqual(bytes.subarray(headerSize, nameEnd), expected) && agrees(header, extra, record);
    if (!isSame) throw this.#contradiction(record);
    return begin + end;
  }

  #contradiction({ name }: ZipRecord): CheckpointError {
    return damaged(
      this.#where,
      `record ${describeValue(name)}: its header and the directory contradict each other`,
    );
  }

  #wrongLength({ name, size }: ZipRecord): CheckpointError {
    return damaged(
      this.#where,
      `record ${describeValue(name)}: expected ${size} bytes after inflating, got another number`,
    );
  }
}

/** Whether the fields of a local header are those of the directory. Those that were not known when it was written are 0. */
function agrees(
  header: DataView,
  extra: DataView,
  { crc, size, storedSize, isCompressed }: ZipRecord,
): boolean {
  const flags = header.getUint16(6, true);
  if (flags & 0x2041 || header.getUint16(8, true) !== (isCompressed ? 8 : 0)) return false;
  const sizes = wideFields(extra, [header.getUint32(22, true), header.getUint32(18, true)]);
  if (!sizes) return false;
  const found = [header.getUint32(14, true), ...sizes];
  const isLater = (flags & 8) !== 0;
  return [crc, size, storedSize].every((value, i) => found[i] === value || (isLater && found[i] === 0));
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Copies what a piece at `at` has of the range at `begin`, unless the piece is a part of the target already. */
function copyInto(target: Uint8Array, begin: number, piece: Uint8Array, at: number): void {
  if (piece.buffer === target.buffer) return;
  const from = Math.max(begin - at, 0);
  const to = Math.min(begin + target.length - at, piece.length);
  if (from < to) target.set(piece.subarray(from, to), at + from - begin);
}
