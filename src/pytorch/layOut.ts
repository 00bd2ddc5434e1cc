/** Puts the values of a tensor in row-major order. */
import { itemSizes, type TorchTensor } from './torchTensor.js';

/** A range of a storage, in values. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

export const valueCount = ({ shape }: TorchTensor): number =>
  shape.reduce((product, size) => product * size, 1);

/** The smallest range of the storage that has all values of a tensor. */
export function spanOf(tensor: TorchTensor): Span {
  const { shape, strides, offset } = tensor;
  if (shape.includes(0)) return { begin: offset, end: offset };
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), offset);
  return { begin: offset, end: last + 1 };
}

/** Whether the span is the values in row-major order. */
export function isRowMajor({ shape, strides }: TorchTensor): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const size = shape[axis] as number;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

/**
 * Copies the values of a tensor in row-major order.
 * @param span the bytes of its span
 * @param target as many bytes as it has values
 */
export function layOut(tensor: TorchTensor, span: ArrayBuffer, target: ArrayBuffer): void {
  const { shape, strides } = tensor;
  const [from, to] = [itemsOf(span, tensor), itemsOf(target, tensor)];
  const innerSize = shape.at(-1) as number;
  const innerStride = strides.at(-1) as number;
  const index = shape.map(() => 0);
  let begin = 0;
  for (let done = 0; done < to.length; done += innerSize) {
    for (let i = 0; i < innerSize; i += 1) to[done + i] = from[begin + i * innerStride] as number;
    for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
      begin += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== shape[axis]) break;
      begin -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
}

/** The bits of the values as integers: as numbers, values that are NaN could change. */
function itemsOf(bytes: ArrayBuffer, { kind }: TorchTensor): Uint8Array | Uint16Array | Uint32Array {
  const size = itemSizes[kind];
  if (size === 1) return new Uint8Array(bytes);
  if (size === 2) return new Uint16Array(bytes);
  if (size === 4) return new Uint32Array(bytes);
  // Only copied from one such array to another, so that it does not matter that its items are bigints.
  return new BigUint64Array(bytes) as unknown as Uint32Array;
}
