/** Reads the safetensors format strictly, in pieces, so that more than 2 GiB work too. Works without Node. */

import { describeValue } from '../base/messageText.js';
import type { NamedTensors, TensorData } from '../base/plainData.js';
import type { ByteSource } from './byteSource.js';
import { CheckpointError } from './checkpointError.js';
import { fromBfloat16 } from './fromBfloat16.js';
import { readFully } from './readFully.js';
import type { SafetensorsHeader, TensorEntry } from './safetensorsHeader.js';
import { damaged, largestHeader, modelTypes, parseHeader, unreadType } from './safetensorsHeader.js';

export interface SafetensorsContent {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: NamedTensors;
}

export interface LocatedHeader {
  readonly header: SafetensorsHeader;
  /** Position of the first tensor's first byte. */
  readonly dataStart: number;
}

/**
 * Reads only the header, whatever the total size.
 * @param where names the bytes in messages
 * @throws CheckpointError when the header or the number of bytes shows damage
 */
export async function headerFrom(source: ByteSource, where: string): Promise<LocatedHeader> {
  const { size } = source;
  if (size < 8) throw damaged(where, `expected at least 8 bytes, got ${size}`);
  const prefix = new DataView(new ArrayBuffer(8));
  await fill(source, where, new Uint8Array(prefix.buffer), 0);
  const length = prefix.getBigUint64(0, true);
  const most = Math.min(largestHeader, size - 8);
  if (length > BigInt(most)) {
    const problem = `expected a header of at most ${most} bytes, got ${length}`;
    throw new CheckpointError(where, `no safetensors file, or a damaged one: ${problem}`);
  }
  const bytes = new Uint8Array(Number(length));
  await fill(source, where, bytes, 8);
  const dataStart = 8 + bytes.length;
  return { header: parseHeader(bytes, size - dataStart, where), dataStart };
}

/**
 * Reads the complete content. 64-bit integers become 32-bit ones, bfloat16 becomes float32. The arrays are new; the source is no longer needed.
 * @param where names the bytes in messages
 * @throws CheckpointError when it is damaged, or contains integers that do not fit
 */
export async function safetensorsFrom(source: ByteSource, where: string): Promise<SafetensorsContent> {
  const { header, dataStart } = await headerFrom(source, where);
  const tensors = new Map<string, TensorData>();
  for (const [name, entry] of header.tensors) {
    tensors.set(name, await readTensor(source, where, name, entry, dataStart));
  }
  return { metadata: header.metadata, tensors };
}

async function readTensor(
  source: ByteSource,
  where: string,
  name: string,
  { dtype, shape, begin, end }: TensorEntry,
  dataStart: number,
): Promise<TensorData> {
  if (!modelTypes.includes(dtype)) throw unreadType(where, name, dtype);
  const bytes = new Uint8Array(end - begin);
  await fill(source, where, bytes, dataStart + begin);
  if (dtype === 'F32') return { dtype: 'float32', shape, data: new Float32Array(bytes.buffer) };
  if (dtype === 'BF16') return { dtype: 'float32', shape, data: fromBfloat16(new Uint16Array(bytes.buffer)) };
  if (dtype === 'I32') return { dtype: 'int32', shape, data: new Int32Array(bytes.buffer) };
  const wide = new BigInt64Array(bytes.buffer);
  const data = Int32Array.from(wide, Number);
  const misfit = wide.findIndex((value, i) => value !== BigInt(data[i] ?? 0));
  if (misfit >= 0)
    throw damaged(where, `${describeValue(name)}: expected integers of 32 bits, got ${wide[misfit]}`);
  return { dtype: 'int32', shape, data };
}

/** @throws CheckpointError when the source ends before the target is full */
export async function fill(
  source: ByteSource,
  where: string,
  target: Uint8Array,
  position: number,
): Promise<void> {
  const done = await readFully(source, target, position);
  if (done < target.length)
    throw damaged(where, `expected ${target.length} bytes at ${position}, got ${done}`);
}
