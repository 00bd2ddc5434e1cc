/** TFRecord, the framing of event files: length, its checksum, data, their checksum; all little-endian. */
import { crc32c } from '@aws-crypto/crc32c';

export function tfRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(masked(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(masked(data), data.length + 12);
  return record;
}

/** A checksum over data that contain checksums is weak, so the format rotates and shifts it. */
function masked(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
