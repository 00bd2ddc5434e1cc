/** The bytes of a safetensors file, which Python's library can also read. Works without Node. */
import { joinedPieces } from '../base/joinedPieces.js';
import type { NamedTensors, TensorData } from '../base/plainData.js';
import type { TensorEntry } from './safetensorsHeader.js';
import { formatHeader } from './safetensorsHeader.js';

/** Bytes per piece. Large, because during training each write waits for an event loop that is busy with a step. */
const pieceSize = 64 * 2 ** 20;

/** Header and data, in pieces of at most 64 MiB. The memory of a piece is reused for the next. */
export function safetensorsPieces(
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string>,
): Generator<Uint8Array> {
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
  const parts = [new Uint8Array(prefix.buffer), header, ...[...tensors.values()].map(bytesOf)];
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  return joinedPieces(parts, Math.min(pieceSize, total));
}

/** The bytes of a tensor's values, not copied. */
export function bytesOf({ data }: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
