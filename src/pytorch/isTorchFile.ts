import type { ByteSource } from '../checkpoint/byteSource.js';
import { fileStart } from './fileStart.js';

/**
 * Whether the content begins like a PyTorch file: a zip archive, a pickle, or either packed with gzip. What is wrong with such a file
 * is for `torchFileFrom` to say.
 * @param source the file, or bytes in memory
 * @example
 * const content = (await isTorchFile(source)) ? await torchFileFrom(source, path) : await safetensorsFrom(source, path);
 */
export async function isTorchFile(source: ByteSource): Promise<boolean> {
  return (await fileStart(source)) !== 'other';
}
