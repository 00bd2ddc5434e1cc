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

/** Sign, 5 bits of exponent and 10 of fraction become sign, 8 bits and 23. */
function bitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Below the smallest normal half: fraction * 2^-24, which is a normal float32.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13);
}
