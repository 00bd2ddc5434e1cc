/** TFRecord files of images: `tf.train.Example` messages, one after the other, each with checksums. */
import { maskedCrc } from '../../base/maskedCrc.js';
import { type ArchiveKind, archiveDataset } from '../archives/archiveDataset.js';
import { largestMember } from '../archives/archiveMembers.js';
import { type ByteSource, windowed } from '../bytes/byteSource.js';
import { DamagedImageError } from '../damagedImageError.js';
import type { DataForm } from '../dataForm.js';
import { type PackedTable, PackedTableBuilder } from '../packed/packedTable.js';
import { imageOfExample } from './example.js';

/** Before the data: their length, in eight bytes, and its checksum; behind them, their checksum. */
const [lengthBytes, headerBytes, trailerBytes] = [8, 12, 4];
/** Columns of the index after the first. */
const column = { offset: 1, size: 2 };
/** Read at a time: small records lie close together. */
const windowBytes = 2 ** 16;

const tfRecordFile: ArchiveKind = {
  name: 'TFRecord file',
  index: recordsOf,
  async read(file, index, row) {
    const size = index.number(row, column.size);
    const bytes = await file.read(index.number(row, column.offset), size + trailerBytes);
    if (bytes.length < size + trailerBytes) throw new DamagedImageError('the file ends within it');
    const data = bytes.subarray(0, size);
    if (maskedCrc(data) !== bytes.readUInt32LE(size))
      throw new DamagedImageError('its check sum is wrong; the file is damaged');
    return imageOfExample(data);
  },
};

/** TFRecord files, also compressed with gzip. */
export const tfRecordForm: DataForm = {
  accepts: ({ start }) => start.length >= headerBytes && lengthIn(start) !== null,
  open: (path, options) => archiveDataset(path, tfRecordFile, options),
};

/** The length of the data behind a header; null if its checksum is wrong. */
function lengthIn(header: Buffer): number | null {
  const length = Number(header.readBigUInt64LE(0));
  const isRight = maskedCrc(header.subarray(0, lengthBytes)) === header.readUInt32LE(lengthBytes);
  return isRight && length <= largestMember ? length : null;
}

/** Records are named by their index. Without a length that can be trusted, what follows is lost. */
async function recordsOf(file: ByteSource): Promise<PackedTable> {
  const records = new PackedTableBuilder(3);
  const bytesAt = windowed(file, windowBytes);
  for (let at = 0; at < file.size; ) {
    const header = await bytesAt(at, headerBytes);
    const length = header.length < headerBytes ? null : lengthIn(header);
    if (length === null) throw new Error(`the record at byte ${at} is damaged; copy or download it again`);
    records.add(String(records.length).padStart(5, '0'), 0, at + headerBytes, length);
    at += headerBytes + length + trailerBytes;
  }
  return records.table();
}
