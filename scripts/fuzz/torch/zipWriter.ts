/** Writes zip archives, also such as no program writes. */
import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../../../src/base/crc32.js';

/** Fields that both headers of a record have. */
export interface HeaderFields {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly storedSize: number;
  readonly size: number;
  readonly name: Uint8Array;
  readonly extra: Uint8Array;
}

export interface Record {
  readonly name: string;
  readonly content: Uint8Array;
  /** @default false */
  readonly isCompressed?: boolean;
  /** Whether sizes and checksum follow the data, as PyTorch writes it. @default true */
  readonly hasDescriptor?: boolean;
  /** Pads the data to a multiple of this position. @default 64 */
  readonly alignment?: number;
  /** Fields of the local header that differ from the truth. */
  readonly local?: Partial<HeaderFields>;
  /** Fields of the directory that differ from the truth. */
  readonly central?: Partial<HeaderFields & { readonly offset: number; readonly disk: number }>;
}

export interface EndFields {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
  readonly comment: Uint8Array;
}

export interface ArchiveOptions {
  /** Whether there is a zip64 end record. @default true */
  readonly hasWideEnd?: boolean;
  /** Fields of the end record that differ from the truth. */
  readonly end?: Partial<EndFields>;
  /** Fields of the zip64 end record that differ from the truth. */
  readonly wideEnd?: Partial<Omit<EndFields, 'comment'> & { readonly locator: number }>;
}

/** Values by their number of bytes, little-endian. */
function packed(...values: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Buffer {
  return Buffer.concat(
    values.map(([bytes, value]) => {
      const buffer = Buffer.alloc(8);
      buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
      return buffer.subarray(0, bytes);
    }),
  );
}

export function zipArchive(records: readonly Record[], options: ArchiveOptions = {}): Buffer {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let position = 0;
  const add = (bytes: Uint8Array) => {
    parts.push(bytes);
    position += bytes.length;
  };
  for (const record of records) {
    const offset = position;
    const { data, fields } = factsOf(record);
    const hasDescriptor = (fields.flags & 8) !== 0;
    const unknown = hasDescriptor ? { crc: 0, storedSize: 0, size: 0 } : {};
    const local = { ...fields, ...unknown, extra: padding(record, position), ...record.local };
    add(localHeader(local));
    add(data);
    if (hasDescriptor)
      add(packed([4, 0x08074b50], [4, fields.crc], [4, fields.storedSize], [4, fields.size]));
    directory.push(centralHeader({ ...fields, offset, disk: 0, ...record.central }));
  }
  const truth = { count: records.length, size: Buffer.concat(directory).length, offset: position };
  for (const header of directory) add(header);
  if (options.hasWideEnd ?? true) {
    const wideEnd = { ...truth, locator: position, ...options.wideEnd };
    add(wideEndRecords(wideEnd));
  }
  add(endRecord({ ...truth, comment: new Uint8Array(), ...options.end }));
  return Buffer.concat(parts);
}

function factsOf({ name, content, isCompressed = false, hasDescriptor = true }: Record) {
  const data = isCompressed ? deflateRawSync(content) : content;
  const fields: HeaderFields = {
    flags: 0x800 | (hasDescriptor ? 8 : 0),
    method: isCompressed ? 8 : 0,
    crc: crc32(content),
    storedSize: data.length,
    size: content.length,
    name: Buffer.from(name),
    extra: new Uint8Array(),
  };
  return { data, fields };
}

/** PyTorch's extra field, which moves the data to a multiple of the alignment. */
function padding({ name, alignment = 64 }: Record, position: number): Buffer {
  const start = position + 30 + Buffer.byteLength(name) + 4;
  const length = (alignment - (start % alignment)) % alignment;
  return Buffer.concat([Buffer.from('FB'), packed([2, length]), Buffer.alloc(length, 'Z')]);
}

function localHeader({ flags, method, crc, storedSize, size, name, extra }: HeaderFields): Buffer {
  const start = packed([4, 0x04034b50], [2, 0], [2, flags], [2, method], [2, 0], [2, 0]);
  const sizes = packed([4, crc], [4, storedSize], [4, size], [2, name.length], [2, extra.length]);
  return Buffer.concat([start, sizes, name, extra]);
}

function centralHeader(fields: HeaderFields & { offset: number; disk: number }): Buffer {
  const { flags, method, crc, storedSize, size, name, extra, offset, disk } = fields;
  const start = packed([4, 0x02014b50], [2, 0], [2, 0], [2, flags], [2, method], [2, 0], [2, 0]);
  const sizes = packed([4, crc], [4, storedSize], [4, size], [2, name.length], [2, extra.length]);
  const rest = packed([2, 0], [2, disk], [2, 0], [4, 0], [4, offset]);
  return Buffer.concat([start, sizes, rest, name, extra]);
}

function wideEndRecords({ count, size, offset, locator }: Omit<EndFields, 'comment'> & { locator: number }) {
  const record = packed([4, 0x06064b50], [8, 44], [2, 0], [2, 0], [4, 0], [4, 0], [8, count], [8, count]);
  const place = packed([8, size], [8, offset]);
  return Buffer.concat([record, place, packed([4, 0x07064b50], [4, 0], [8, locator], [4, 1])]);
}

function endRecord({ count, size, offset, comment }: EndFields): Buffer {
  const record = packed(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, Math.min(count, 0xffff)],
    [2, Math.min(count, 0xffff)],
  );
  return Buffer.concat([record, packed([4, size], [4, offset], [2, comment.length]), comment]);
}
