/** Fields of 32 bits that do not hold a larger value; it is then in the extra field of zip64. */
const tooLarge = 0xffffffff;
const zip64 = 1;

/**
 * Returns sizes and positions with the larger ones from the extra field, in which they follow each other in this order.
 * @param extra the extra fields of a header
 * @param fields as the header has them
 * @returns null if a value is missing or beyond what can be counted
 */
export function wideFields(extra: DataView, fields: readonly number[]): number[] | null {
  const wide = zip64Values(extra);
  let used = 0;
  const values = fields.map((field) => {
    if (field !== tooLarge) return field;
    used += 8;
    return wide && used <= wide.byteLength ? Number(wide.getBigUint64(used - 8, true)) : Number.NaN;
  });
  return values.every(Number.isSafeInteger) ? values : null;
}

function zip64Values(extra: DataView): DataView | null {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const length = extra.getUint16(at + 2, true);
    if (at + 4 + length > extra.byteLength) return null;
    if (extra.getUint16(at, true) === zip64)
      return new DataView(extra.buffer, extra.byteOffset + at + 4, length);
    at += 4 + length;
  }
  return null;
}
