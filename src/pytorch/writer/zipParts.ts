/** Zip archives as PyTorch writes them: nothing compressed, and the data of every record aligned. */

import { crc32 } from '../../base/crc32.js';
import { ByteBuilder } from './byteBuilder.js';

/** A file of an archive. */
export interface ZipRecord {
  readonly name: string;
  readonly size: number;
  /** The record's bytes, in one or more parts; called twice. */
  parts(): Iterable<Uint8Array>;
}

/** A record with its place in the archive. */
interface Placed extends Pick<ZipRecord, 'size'> {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly offset: number;
}

/** `torch.load(mmap=True)` needs records that start at a multiple of this. */
const alignment = 64;
/** Numbers from here on do not fit into the fields of the original format. */
const most32 = 0xffffffff;
const most16 = 0xffff;
/** Names are UTF-8. */
const flags = 1 << 11;
/** 1980-01-01, the first date that the format has: the same content gives the same bytes. */
const [time, date] = [0, 0x21];
const [version, version64] = [20, 45];

/** The bytes of an archive, part by part. Large records are not copied. */
export function* zipParts(records: Iterable<ZipRecord>): Generator<Uint8Array> {
  const placed: Placed[] = [];
  let offset = 0;
  for (const { name: text, size, parts } of records) {
    const name = new TextEncoder().encode(text);
    let crc = 0;
    for (const part of parts()) crc = crc32(part, crc);
    const record = { name, size, crc, offset };
    const header = localHeader(record);
    yield header;
    yield* parts();
    placed.push(record);
    offset += header.length + size;
  }
  const directory = placed.map(directoryEntry);
  yield* directory;
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  yield endOf({ records: placed.length, offset, size });
}

function localHeader({ name, size, crc, offset }: Placed): Uint8Array {
  const large = size >= most32;
  const zip64 = large
    ? new ByteBuilder().unsigned(1, 2).unsigned(16, 2).unsigned64(size).unsigned64(size).done()
    : [];
  const length = 30 + name.length + zip64.length;
  // An extra field needs at least the 4 bytes of its own header.
  const padding = alignment - ((offset + length + 4) % alignment);
  return new ByteBuilder()
    .unsigned(0x04034b50, 4)
    .unsigned(large ? version64 : version, 2)
    .unsigned(flags, 2)
    .unsigned(0, 2)
    .unsigned(time, 2)
    .unsigned(date, 2)
    .unsigned(crc, 4)
    .unsigned(large ? most32 : size, 4)
    .unsigned(large ? most32 : size, 4)
    .unsigned(name.length, 2)
    .unsigned(zip64.length + 4 + padding, 2)
    .bytes(name)
    .bytes(zip64)
    .text('FB')
    .unsigned(padding, 2)
    .text('Z'.repeat(padding))
    .done();
}

function directoryEntry({ name, size, crc, offset }: Placed): Uint8Array {
  const wide = new ByteBuilder();
  if (size >= most32) wide.unsigned64(size).unsigned64(size);
  if (offset >= most32) wide.unsigned64(offset);
  const values = wide.done();
  const extra =
    values.length > 0 ? new ByteBuilder().unsigned(1, 2).unsigned(values.length, 2).bytes(values).done() : [];
  const needed = extra.length > 0 ? version64 : version;
  return new ByteBuilder()
    .unsigned(0x02014b50, 4)
    .unsigned(needed, 2)
    .unsigned(needed, 2)
    .unsigned(flags, 2)
    .unsigned(0, 2)
    .unsigned(time, 2)
    .unsigned(date, 2)
    .unsigned(crc, 4)
    .unsigned(Math.min(size, most32), 4)
    .unsigned(Math.min(size, most32), 4)
    .unsigned(name.length, 2)
    .unsigned(extra.length, 2)
    .bytes(new Uint8Array(10)) // no comment, first disk, no attributes
    .unsigned(Math.min(offset, most32), 4)
    .bytes(name)
    .bytes(extra)
    .done();
}

interface Directory {
  readonly records: number;
  readonly offset: number;
  readonly size: number;
}

function endOf(directory: Directory): Uint8Array {
  const { records, offset, size } = directory;
  const large = records >= most16 || offset >= most32 || size >= most32;
  const short = Math.min(records, most16);
  return new ByteBuilder()
    .bytes(large ? end64Of(directory) : [])
    .unsigned(0x06054b50, 4)
    .unsigned(0, 4) // one disk
    .unsigned(short, 2)
    .unsigned(short, 2)
    .unsigned(Math.min(size, most32), 4)
    .unsigned(Math.min(offset, most32), 4)
    .unsigned(0, 2) // no comment
    .done();
}

/** The end record with wide numbers, and the record that says where it is. */
function end64Of({ records, offset, size }: Directory): Uint8Array {
  return new ByteBuilder()
    .unsigned(0x06064b50, 4)
    .unsigned64(44) // bytes of this record after this number
    .unsigned(version64, 2)
    .unsigned(version64, 2)
    .unsigned64(0) // one disk
    .unsigned64(records)
    .unsigned64(records)
    .unsigned64(size)
    .unsigned64(offset)
    .unsigned(0x07064b50, 4)
    .unsigned(0, 4)
    .unsigned64(offset + size)
    .unsigned(1, 4)
    .done();
}
