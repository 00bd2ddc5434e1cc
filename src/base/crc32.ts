/**
 * CRC-32 of zip archives, 16 bytes at a time. Node has a function for it only since 20.15 and browsers have none; libraries for both
 * take one byte at a time and are several times slower, which counts for files of hundreds of megabytes.
 */
const width = 16;

/** Tables one after the other; the entry n tables on has n more zero bytes behind the byte. */
const tables = makeTables();

function makeTables(): Int32Array {
  const made = new Int32Array(256 * width);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[byte] = crc;
  }
  for (let i = 256; i < made.length; i += 1) {
    const shorter = made[i - 256] as number;
    made[i] = (shorter >>> 8) ^ (made[shorter & 255] as number);
  }
  return made;
}

/**
 * Returns the CRC-32 of bytes.
 * @param bytes any bytes; they are not changed
 * @param before the CRC-32 of all bytes before them
 * @example
 * const crc = crc32(second, crc32(first));
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  if (bytes.length < 2 * width) return ~byteByByte(bytes, 0, bytes.length, ~before) >>> 0;
  const t = tables;
  // Words begin at multiples of 4 in memory.
  const head = -bytes.byteOffset & 3;
  let crc = byteByByte(bytes, 0, head, ~before);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + head, (bytes.length - head) >> 2);
  let word = 0;
  for (; word + 3 < words.length; word += 4) {
    const a = crc ^ (words[word] as number);
    const b = words[word + 1] as number;
    const c = words[word + 2] as number;
    const d = words[word + 3] as number;
    crc =
      (t[3840 + (a & 255)] as number) ^
      (t[3584 + ((a >>> 8) & 255)] as number) ^
      (t[3328 + ((a >>> 16) & 255)] as number) ^
      (t[3072 + (a >>> 24)] as number) ^
      (t[2816 + (b & 255)] as number) ^
      (t[2560 + ((b >>> 8) & 255)] as number) ^
      (t[2304 + ((b >>> 16) & 255)] as number) ^
      (t[2048 + (b >>> 24)] as number) ^
      (t[1792 + (c & 255)] as number) ^
      (t[1536 + ((c >>> 8) & 255)] as number) ^
      (t[1280 + ((c >>> 16) & 255)] as number) ^
      (t[1024 + (c >>> 24)] as number) ^
      (t[768 + (d & 255)] as number) ^
      (t[512 + ((d >>> 8) & 255)] as number) ^
      (t[256 + ((d >>> 16) & 255)] as number) ^
      (t[d >>> 24] as number);
  }
  return ~byteByByte(bytes, head + 4 * word, bytes.length, crc) >>> 0;
}

function byteByByte(bytes: Uint8Array, begin: number, end: number, before: number): number {
  let crc = before;
  for (let i = begin; i < end; i += 1) {
    crc = (tables[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8);
  }
  return crc;
}
