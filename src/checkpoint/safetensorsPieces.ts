/** The bytes of a safetensors file, which Python's library can also read. Works without Node. */
import { joinedPieces } from '../base/joinedPieces.js';
import type { NamedTensors, TensorData } from '../base/plainData.js';
import type { TensorEntry } from './safetensorsHeader.js';
import { formatHeader } from './safetensorsHeader.js';
import { toBfloat16 } from './toBfloat16.js';

/** Bytes per piece. Large, because during training each write waits for an event loop that is busy with a step. */
const pieceSize = 64 * 2 ** 20;

/**
 * Header and data, in pieces of at most 64 MiB. The memory of a piece is reused for the next.
 * @param bfloat16 names of float32 tensors to be stored as bfloat16, rounded to the nearest
 */
export function safetensorsPieces(
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string>,
  bfloat16: ReadonlySet<string> = new Set(),
): Generator<Uint8Array> {
  const entries = new Map<string, TensorEntry>();
  let begin = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    const isHalf = bfloat16.has(name);
    const end = begin + (isHalf ? 2 * data.length : data.byteLength);
    const stored = isHalf ? 'BF16' : dtype === 'float32' ? 'F32' : 'I32';
    entries.set(name, { dtype: stored, shape, begin, end });
    begin = end;
  }
  const header = formatHeader({ metadata, tensors: entries });
  const prefix = new DataView(new ArrayBuffer(8));
  prefix.setBigUint64(0, BigInt(header.length), true);
  const total = prefix.byteLength + header.length + begin;
  return joinedPieces(parts(), Math.min(pieceSize, total));

  function* parts(): Generator<Uint8Array> {
    yield new Uint8Array(prefix.buffer);
    yield header;
    for (const [name, tensor] of tensors) {
      if (!bfloat16.has(name)) yield bytesOf(tensor);
      else yield new Uint8Array(toBfloat16(tensor.data as Float32Array).buffer);
    }
  }
}

/** The bytes of a tensor's values, not copied. */
export function bytesOf({ data }: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
