import { messageOf } from '../base/errors.js';
import { type AtomicWriteOptions, atomicWrite } from './atomicWrite.js';
import { CheckpointError } from './checkpointError.js';
import { type ModelFileContent, metadataOf } from './modelContent.js';
import { nodeSha256 } from './nodeSha256.js';
import { writeSafetensors } from './writeSafetensors.js';

/** @throws CheckpointError when the file cannot be written; the previous file is then still intact */
export async function writeModelFile(
  path: string,
  content: ModelFileContent,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const metadata = await metadataOf(content, nodeSha256());
  try {
    await atomicWrite(path, (file) => writeSafetensors(file, content.tensors, metadata), options);
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(path, `cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
