import type { ModelFile } from './modelContent.js';
import { modelFileFrom } from './modelFileFrom.js';
import { nodeSha256 } from './nodeSha256.js';
import { readSafetensors } from './readSafetensors.js';

/** @throws CheckpointError when the file is missing, damaged, or not one of ours */
export async function readModelFile(path: string): Promise<ModelFile> {
  return modelFileFrom(await readSafetensors(path), path, nodeSha256());
}
