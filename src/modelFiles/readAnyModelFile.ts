import type { ModelFile } from '../checkpoint/modelContent.js';
import { checkArchitecture } from './checkArchitecture.js';
import { givenConfig } from './givenConfig.js';
import { readOneFile } from './readOneFile.js';
import type { Needs } from './torch/readTorchFile.js';

/**
 * Reads a `.model` or `.checkpoint`, ours or PyTorch's, which are told apart by their content.
 * @param path the file
 * @param needs configuration of a PyTorch file, a callback for warnings, and whether only the weights are needed
 * @throws CheckpointError when the file is missing or damaged, or its configuration is not found or describes another architecture
 * @throws ConfigError when its configuration is invalid
 */
export async function readAnyModelFile(path: string, needs: Needs = {}): Promise<ModelFile> {
  const config = await givenConfig(needs);
  const file = await readOneFile(path, { ...needs, ...(config && { config }) });
  checkArchitecture(path, file.config, config);
  return file;
}
