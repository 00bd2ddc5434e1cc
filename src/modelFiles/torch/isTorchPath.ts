import { withFile } from '../../checkpoint/withFile.js';
import { isTorchFile } from '../../pytorch/isTorchFile.js';

/** Whether a file is PyTorch's, by its content; false if it cannot be read. */
export function isTorchPath(path: string): Promise<boolean> {
  return withFile(path, isTorchFile).catch(() => false);
}
