import type { TensorKind } from './torchTensor.js';

/**
 * Converts values of an integer kind, or booleans as 0 and 1.
 * @param bytes the values, little-endian; int64 values are not copied
 * @returns null for another kind
 */
export function toIntegers(kind: TensorKind, bytes: ArrayBuffer): BigInt64Array<ArrayBuffer> | null {
  if (kind === 'int64') return new BigInt64Array(bytes);
  const values = narrowIntegers(kind, bytes);
  return values && BigInt64Array.from(values, BigInt);
}

function narrowIntegers(
  kind: TensorKind,
  bytes: ArrayBuffer,
): Int32Array | Int16Array | Int8Array | Uint8Array | null {
  if (kind === 'int32') return new Int32Array(bytes);
  if (kind === 'int16') return new Int16Array(bytes);
  if (kind === 'int8') return new Int8Array(bytes);
  if (kind === 'uint8') return new Uint8Array(bytes);
  if (kind === 'bool') return new Uint8Array(bytes).map((byte) => (byte === 0 ? 0 : 1));
  return null;
}
