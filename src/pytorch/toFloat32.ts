import { bitsOfHalf } from '../base/bitsOfHalf.js';
import { fromBfloat16 } from '../checkpoint/fromBfloat16.js';
import type { TensorKind } from './torchTensor.js';

/**
 * Converts values of a floating-point kind: half-precision ones exactly, doubles rounded to the nearest.
 * @param bytes the values, little-endian; float32 values are not copied
 * @returns null for another kind
 */
export function toFloat32(kind: TensorKind, bytes: ArrayBuffer): Float32Array<ArrayBuffer> | null {
  if (kind === 'float32') return new Float32Array(bytes);
  if (kind === 'float64') return new Float32Array(new Float64Array(bytes));
  if (kind === 'float16') return fromBits(new Uint16Array(bytes), bitsOfHalf);
  if (kind === 'bfloat16') return fromBfloat16(new Uint16Array(bytes));
  return null;
}

function fromBits(halves: Uint16Array, bitsOf: (half: number) => number): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i += 1) bits[i] = bitsOf(halves[i] as number);
  return new Float32Array(bits.buffer);
}
