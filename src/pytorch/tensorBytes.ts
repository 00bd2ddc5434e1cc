import { CheckpointError } from '../checkpoint/checkpointError.js';
import { isRowMajor, layOut, spanOf, valueCount } from './layOut.js';
import { swapBytes } from './swapBytes.js';
import type { TorchContent } from './torchContent.js';
import { itemSizes, type TorchTensor } from './torchTensor.js';

/** What is read at least for a tensor whose values are not next to each other, however few they are. */
const alwaysRead = 64 * 2 ** 20;
const mostSpread = 8;

/**
 * Reads the values of a tensor.
 * @returns their bytes, row-major, little-endian, in memory of their own
 * @throws CheckpointError when they are damaged, too many, or too far apart
 */
export async function tensorBytes(
  { readBytes, isBigEndian }: TorchContent,
  tensor: TorchTensor,
  where: string,
): Promise<ArrayBuffer> {
  const itemSize = itemSizes[tensor.kind];
  const { begin, end } = spanOf(tensor);
  const count = valueCount(tensor);
  const spanSize = (end - begin) * itemSize;
  if (spanSize > alwaysRead && spanSize > mostSpread * count * itemSize) {
    const problem = `a tensor of ${count} values lies scattered over ${spanSize} bytes of storage ${tensor.storage.key}`;
    throw new CheckpointError(where, `${problem}; save tensor.clone() instead`);
  }
  const span = memory(spanSize, where);
  await readBytes(tensor.storage, new Uint8Array(span), begin * itemSize);
  if (isBigEndian) swapBytes(new Uint8Array(span), itemSize);
  if (isRowMajor(tensor)) return span;
  const bytes = memory(count * itemSize, where);
  layOut(tensor, span, bytes);
  return bytes;
}

function memory(size: number, where: string): ArrayBuffer {
  try {
    return new ArrayBuffer(size);
  } catch (error) {
    throw new CheckpointError(where, `there is no memory for a tensor of ${size} bytes`, { cause: error });
  }
}
