/**
 * Header of a safetensors file: `name -> {dtype, shape, data_offsets}` as JSON, before the raw data. It is checked strictly,
 * against the actual length of the file.
 */
import { cut, describeValue } from '../base/messageText.js';
import { CheckpointError } from './checkpointError.js';
import { topLevelKeys } from './jsonKeys.js';

/** Our headers are below a megabyte. The format allows 100 MB, which take gigabytes once parsed. */
export const largestHeader = 16 * 2 ** 20;

/** A header has four colons per tensor, so this allows 100,000 tensors, far more than any model has. */
const mostColons = 400_000;
const colon = 0x3a;
const space = 0x20;
const mostMetadata = 1000;

/** Bytes per value of the format's types. */
const itemSizes = {
  F32: 4,
  I32: 4,
  I64: 8,
  F64: 8,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;
export type StoredType = keyof typeof itemSizes;

export interface TensorEntry {
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  /** Byte range in the data. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their data, without gaps or overlaps. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/**
 * @param dataLength number of bytes after the header
 * @throws CheckpointError for any violation of the format
 */
export function parseHeader(bytes: Uint8Array, dataLength: number, file: string): SafetensorsHeader {
  const content = parseJson(bytes, file);
  const metadata = new Map<string, string>();
  const entries: [string, TensorEntry][] = [];
  for (const [name, value] of Object.entries(content)) {
    if (name === '__metadata__') readMetadata(record(value, name, file), metadata, file);
    else entries.push([name, parseEntry(cut(name), value, file)]);
  }
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const [name, { begin, end }] of entries) {
    if (begin !== position) {
      throw damaged(file, `expected data of ${describeValue(name)} at byte ${position}, got ${begin}`);
    }
    position = end;
  }
  if (position !== dataLength) {
    throw damaged(file, `expected ${position} bytes of tensors, got ${dataLength}`);
  }
  return { metadata, tensors: new Map(entries) };
}

/** The header's bytes, padded with spaces so that the data starts at a multiple of 8. */
export function formatHeader({ metadata, tensors }: SafetensorsHeader): Uint8Array {
  const content: [string, unknown][] = [];
  if (metadata.size > 0) content.push(['__metadata__', Object.fromEntries(metadata)]);
  for (const [name, { dtype, shape, begin, end }] of tensors) {
    content.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(content)));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(space);
  padded.set(json);
  return padded;
}

/** Types of the tensors in checkpoints and models. */
export const modelTypes: readonly StoredType[] = ['F32', 'BF16', 'I32', 'I64'];

/** The error for a tensor of another type. */
export function unreadType(file: string, name: string, dtype: unknown): CheckpointError {
  const expected = `expected a dtype of ${modelTypes.join(', ')}`;
  return damaged(file, `"${cut(name)}": ${expected}, got ${describeValue(dtype)}`);
}

export function damaged(file: string, problem: string, cause?: unknown): CheckpointError {
  return new CheckpointError(file, `damaged safetensors file: ${problem}`, { cause });
}

function parseJson(bytes: Uint8Array, file: string): Record<string, unknown> {
  // Count first, because parsing millions of keys takes seconds and gigabytes.
  const colons = bytes.reduce((count, byte) => (byte === colon ? count + 1 : count), 0);
  if (colons > mostColons)
    throw damaged(file, `expected at most ${mostColons} values in its header, got ${colons}`);
  let text: string;
  let content: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    content = JSON.parse(text);
  } catch (error) {
    throw damaged(file, 'expected a header in JSON, got something else', error);
  }
  const result = record(content, 'header', file);
  const keys = topLevelKeys(text);
  if (new Set(keys).size !== keys.length) throw damaged(file, 'expected every tensor once, got a name twice');
  return result;
}

function readMetadata(content: Record<string, unknown>, metadata: Map<string, string>, file: string): void {
  const keys = Object.keys(content);
  if (keys.length > mostMetadata) {
    throw damaged(file, `expected at most ${mostMetadata} entries of metadata, got ${keys.length}`);
  }
  for (const key of keys) metadata.set(key, string(content[key], cut(key), file));
}

function parseEntry(name: string, value: unknown, file: string): TensorEntry {
  const { dtype, shape, data_offsets: offsets, ...others } = record(value, name, file);
  const other = Object.keys(others)[0];
  if (other !== undefined) throw damaged(file, `"${name}": unknown key ${describeValue(other)}`);
  if (!isStoredType(dtype)) throw unreadType(file, name, dtype);
  if (!isCounts(shape)) throw damaged(file, `"${name}": expected a shape, got ${describeValue(shape)}`);
  const [begin, end] = isCounts(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || end < begin) {
    throw damaged(file, `"${name}": expected a range of bytes, got ${describeValue(offsets)}`);
  }
  const expected = shape.reduce((product, size) => product * size, itemSizes[dtype]);
  if (end - begin !== expected) {
    throw damaged(
      file,
      `"${name}": expected ${expected} bytes for ${describeValue(shape)}, got ${end - begin}`,
    );
  }
  return { dtype, shape, begin, end };
}

function record(value: unknown, name: string, file: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw damaged(file, `"${name}": expected an object, got ${describeValue(value)}`);
}

function string(value: unknown, name: string, file: string): string {
  if (typeof value === 'string') return value;
  throw damaged(file, `metadata "${name}": expected a text, got ${typeof value}`);
}

function isStoredType(value: unknown): value is StoredType {
  return typeof value === 'string' && Object.hasOwn(itemSizes, value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
