/** Writing of safetensors files that Python's library reads as well. */
import type { FileHandle } from 'node:fs/promises';
import type { NamedTensors, TensorData } from '../model/plainData.js';
import type { TensorEntry } from './safetensorsHeader.js';
import { formatHeader } from './safetensorsHeader.js';

/** Bytes per write call. */
const pieceSize = 16 * 2 ** 20;

/** Write header and data at the start of an open file; neither synced nor closed. */
export async function writeSafetensors(
  file: FileHandle,
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string>,
): Promise<void> {
  const entries = new Map<string, TensorEntry>();
  let begin = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const end = begin + data.byteLength;
    entries.set(name, { dtype: dtype === 'float32' ? 'F32' : 'I32', shape, begin, end });
    begin = end;
  }
  const header = formatHeader({ metadata, tensors: entries });
  const prefix = new DataView(new ArrayBuffer(8));
  prefix.setBigUint64(0, BigInt(header.length), true);
  let position = await writeFully(file, new Uint8Array(prefix.buffer), 0);
  position = await writeFully(file, header, position);
  for (const tensor of tensors.values()) position = await writeFully(file, bytesOf(tensor), position);
}

/** The bytes of a tensor's values, not copied. */
export function bytesOf({ data }: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(pieceSize, bytes.length - done);
    done += (await file.write(bytes, done, length, position + done)).bytesWritten;
  }
  return position + done;
}
