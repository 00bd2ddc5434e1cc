/** x^8 modulo the polynomial of CRC-32, bits reversed: what one zero byte behind the bytes multiplies by. */
const oneByte = 0x00800000;

/**
 * Returns the CRC-32 of bytes that come one after the other, from those of the two parts: for a file whose beginning is known last.
 * @param first CRC-32 of the first part
 * @param second CRC-32 of the second part
 * @param length bytes of the second part
 * @example
 * const crc = joinedCrc32(crc32(header), crc32(data), data.length);
 */
export function joinedCrc32(first: number, second: number, length: number): number {
  let [shifted, factor] = [first, oneByte];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) shifted = product(shifted, factor);
    factor = product(factor, factor);
  }
  return (shifted ^ second) >>> 0;
}

/** The product of two polynomials over bits, modulo that of CRC-32; the highest bit is the constant term. */
function product(a: number, b: number): number {
  let [sum, shifted] = [0, b];
  for (let bit = 31; bit >= 0; bit -= 1) {
    if ((a >>> bit) & 1) sum ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ 0xedb88320 : shifted >>> 1;
  }
  return sum >>> 0;
}
