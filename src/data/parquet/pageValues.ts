/** The values of a page of byte strings, with every length checked before anything is allocated for it. */
import type { DataPageHeader, DataReader, PageHeader } from 'hyparquet';
import { deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';

/** The bytes of a value, in the page or for an encoding with differences in a copy; null for a row without one. */
export type Value = Uint8Array | null;

/** The part of the two kinds of headers that this needs. */
export interface DataPage {
  /** Number of rows. */
  readonly rows: number;
  readonly encoding: string;
  /** For each row, whether it has a value; null if all have one. */
  readonly isPresent: Uint8Array | null;
  /** The page after its levels, decompressed. */
  readonly bytes: Uint8Array;
}

/** @param deepest the level of a row that has a value, 0 if all rows have one @throws Error for a damaged page */
export function pageOfVersion1(bytes: Uint8Array, header: DataPageHeader, deepest: number): DataPage {
  const { num_values: rows, encoding, definition_level_encoding } = header;
  if (deepest === 0) return { rows, encoding, isPresent: null, bytes };
  if (definition_level_encoding !== 'RLE' || bytes.length < 4) throw damaged();
  const length = viewOf(bytes).getUint32(0, true);
  const isPresent = presence(bytes.subarray(4, 4 + length), rows, deepest);
  return { rows, encoding, isPresent, bytes: bytes.subarray(4 + length) };
}

/** @param levels the levels before the data, which are not compressed @throws Error for a damaged page */
export function pageOfVersion2(
  levels: Uint8Array,
  bytes: Uint8Array,
  header: NonNullable<PageHeader['data_page_header_v2']>,
  deepest: number,
): DataPage {
  const { num_values: rows, encoding, repetition_levels_byte_length: skipped } = header;
  const isPresent = deepest === 0 ? null : presence(levels.subarray(skipped), rows, deepest);
  return { rows, encoding, isPresent, bytes };
}

function presence(levels: Uint8Array, rows: number, deepest: number): Uint8Array {
  const width = 32 - Math.clz32(deepest);
  return Uint8Array.from(hybridNumbers(levels, width, rows), (level) => (level === deepest ? 1 : 0));
}

const decoders: Readonly<Record<string, typeof deltaByteArray>> = {
  DELTA_LENGTH_BYTE_ARRAY: deltaLengthByteArray,
  DELTA_BYTE_ARRAY: deltaByteArray,
};

/** The values of all rows, or for a dictionary their indexes in it. @throws Error for a damaged page, or an unknown encoding */
export function valuesOf({ rows, encoding, isPresent, bytes }: DataPage): {
  readonly values: readonly Value[];
  readonly indexes: Uint32Array | null;
} {
  const count = isPresent ? isPresent.reduce((sum, one) => sum + one, 0) : rows;
  if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
    const width = count === 0 ? 0 : (bytes[0] ?? 0);
    if (width > 32) throw damaged();
    return { values: [], indexes: hybridNumbers(bytes.subarray(1), width, count) };
  }
  if (encoding === 'PLAIN') return { values: plainValues(bytes, count), indexes: null };
  const values = new Array<Uint8Array>(Math.min(count, bytes.length * 8));
  const reader: DataReader = { view: viewOf(bytes), offset: 0 };
  const decode = decoders[encoding];
  if (!decode)
    throw new Error(`its encoding ${encoding ?? '(unknown)'} cannot be read; write it with another program`);
  try {
    decode(reader, values.length, values);
  } catch (error) {
    throw damaged(error);
  }
  return { values, indexes: null };
}

/** Byte strings one after the other, each after its length. @throws Error for a damaged page */
export function plainValues(bytes: Uint8Array, count: number): Uint8Array[] {
  const view = viewOf(bytes);
  if (count * 4 > bytes.length) throw damaged();
  const values: Uint8Array[] = [];
  for (let at = 0; values.length < count; ) {
    const begin = at + 4;
    if (begin > bytes.length) throw damaged();
    at = begin + view.getUint32(at, true);
    if (at > bytes.length) throw damaged();
    values.push(bytes.subarray(begin, at));
  }
  return values;
}

/** Small numbers, in runs of one number and in groups of eight packed ones. @throws Error for a damaged page */
export function hybridNumbers(bytes: Uint8Array, width: number, count: number): Uint32Array {
  const numbers = new Uint32Array(count);
  if (width === 0) return numbers;
  let [at, end] = [0, 0];
  const next = () => {
    if (at >= bytes.length) throw damaged();
    at += 1;
    return bytes[at - 1] as number;
  };
  while (end < count) {
    let run = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = next();
      run += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
      if (shift > 28) throw damaged();
    }
    if (run % 2 === 0) {
      let value = 0;
      for (let i = 0; i < Math.ceil(width / 8); i += 1) value += next() * 2 ** (8 * i);
      const last = Math.min(count, end + run / 2);
      if (last === end) throw damaged();
      numbers.fill(value, end, last);
      end = last;
      continue;
    }
    const last = Math.min(count, end + 8 * ((run - 1) / 2));
    if (last === end) throw damaged();
    for (let bit = 0; end < last; end += 1) {
      let value = 0;
      for (let i = 0; i < width; i += 1, bit += 1) {
        const byte = bytes[at + (bit >>> 3)];
        if (byte === undefined) throw damaged();
        value += ((byte >>> (bit & 7)) & 1) * 2 ** i;
      }
      numbers[end] = value;
    }
    at += width * ((run - 1) / 2);
  }
  return numbers;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(cause?: unknown): Error {
  return new Error('a page of it is damaged', { cause });
}
