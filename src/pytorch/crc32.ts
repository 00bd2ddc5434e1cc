/** The checksum of zip archives: CRC-32 with the polynomial of ISO 3309. */

/** Bytes per turn of the loop; each has a table of its own. */
const slices = 8;
const tables = makeTables();

/**
 * Returns the CRC-32 of bytes.
 * @param before the result for the bytes before these, if they come in pieces
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [Table, Table, Table, Table, Table, Table, Table, Table];
  const { length } = bytes;
  let crc = ~before;
  let i = 0;
  for (; i + slices <= length; i += slices) {
    const low = crc ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    crc =
      t7[low & 255]! ^
      t6[(low >>> 8) & 255]! ^
      t5[(low >>> 16) & 255]! ^
      t4[low >>> 24]! ^
      t3[bytes[i + 4]!]! ^
      t2[bytes[i + 5]!]! ^
      t1[bytes[i + 6]!]! ^
      t0[bytes[i + 7]!]!;
  }
  for (; i < length; i += 1) crc = t0[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

type Table = Uint32Array;

/** Table k holds the checksum of each byte followed by k zero bytes. */
function makeTables(): Table[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  const all = [first];
  for (let k = 1; k < slices; k += 1) {
    const last = all[k - 1] ?? first;
    all.push(last.map((crc) => (first[crc & 255] ?? 0) ^ (crc >>> 8)));
  }
  return all;
}
