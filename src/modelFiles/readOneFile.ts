import type { ModelFile } from '../checkpoint/modelContent.js';
import { readModelFile } from '../checkpoint/readModelFile.js';
import { selectedFile } from '../checkpoint/weightsOf.js';
import { withFile } from '../checkpoint/withFile.js';
import { isTorchFile } from '../pytorch/isTorchFile.js';
import { type Needs, readTorchFile } from './torch/readTorchFile.js';

/**
 * Reads one file, ours or PyTorch's. Does not compare the configuration with that of our own files.
 * @throws CheckpointError when the file is missing or damaged, or its configuration is not found
 */
export async function readOneFile(path: string, needs: Needs): Promise<ModelFile> {
  if (await withFile(path, isTorchFile)) return (await readTorchFile(path, needs)).file;
  const own = await readModelFile(path);
  return needs.weightsOnly ? selectedFile(own, path, needs) : own;
}
