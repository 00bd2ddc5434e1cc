/** Reads files of `torch.save` without running anything that they contain. Works without Node. */
import type { ByteSource } from '../checkpoint/byteSource.js';
import { CheckpointError } from '../checkpoint/checkpointError.js';
import { fileStart } from './fileStart.js';
import { fromOldFormat } from './fromOldFormat.js';
import { fromZip } from './fromZip.js';
import type { PickleValue } from './pickleValue.js';
import { tensorBytes } from './tensorBytes.js';
import { toFloat32 } from './toFloat32.js';
import { toIntegers } from './toIntegers.js';
import type { TorchContent } from './torchContent.js';
import type { TorchTensor } from './torchTensor.js';

/** An open PyTorch file: its plain values, and tensors to read one at a time. */
export interface TorchFile {
  /** What was given to `torch.save`. */
  readonly content: PickleValue;
  /**
   * Reads a tensor of any floating-point kind: half-precision values exactly, doubles rounded. Its size is its shape's, however
   * small the file, so the shape must have been compared with the expected one.
   * @returns a new array, row-major
   * @throws CheckpointError when its values are damaged or of another kind
   */
  readFloats(tensor: TorchTensor): Promise<Float32Array<ArrayBuffer>>;
  /**
   * Reads a tensor of integers, or of booleans as 0 and 1. Its shape must have been compared with the expected one.
   * @returns a new array, row-major
   * @throws CheckpointError when its values are damaged or of another kind
   */
  readIntegers(tensor: TorchTensor): Promise<BigInt64Array<ArrayBuffer>>;
}

/**
 * Reads the plain content of a PyTorch file; tensors are read from the source later, one at a time, so it must stay open.
 * @param source the file, or bytes in memory
 * @param where names the file in messages
 * @throws CheckpointError when the file is damaged, or contains anything but tensors and plain data
 * @example
 * const weights = await withFile('squares.model', async (source) => {
 *   const file = await torchFileFrom(source, 'squares.model');
 *   return isTensor(file.content) ? file.readFloats(file.content) : null;
 * });
 */
export async function torchFileFrom(source: ByteSource, where: string): Promise<TorchFile> {
  const content = await contentOf(source, where);
  return {
    content: content.content,
    async readFloats(tensor) {
      const values = toFloat32(tensor.kind, await tensorBytes(content, tensor, where));
      if (!values) throw new CheckpointError(where, `expected floating-point values, got ${tensor.kind}`);
      return values;
    },
    async readIntegers(tensor) {
      const values = toIntegers(tensor.kind, await tensorBytes(content, tensor, where));
      if (!values) throw new CheckpointError(where, `expected integers, got ${tensor.kind}`);
      return values;
    },
  };
}

async function contentOf(source: ByteSource, where: string): Promise<TorchContent> {
  const start = await fileStart(source);
  if (start === 'zip') return fromZip(source, where);
  if (start === 'pickle') return fromOldFormat(source, where);
  if (start === 'gzip') throw new CheckpointError(where, 'packed with gzip; unpack it first (gunzip)');
  const problem =
    source.size === 0 ? 'an empty file' : 'not a file of torch.save, which is a zip archive or a pickle';
  throw new CheckpointError(where, `${problem}; expected a model or checkpoint`);
}
