/** TFRecord, the framing of event files: length, its checksum, data, their checksum; all little-endian. */
import { maskedCrc } from '../../base/maskedCrc.js';

export function tfRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc(data), data.length + 12);
  return record;
}
