/** The checksum of TFRecord files. */
import { crc32c } from '@aws-crypto/crc32c';

/** A checksum over data that contain checksums is weak, so the format rotates and shifts it. */
export function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
