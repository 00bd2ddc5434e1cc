import type { AtomicWriteOptions } from './atomicWrite.js';
import { type ModelFileContent, metadataOf } from './modelContent.js';
import { nodeSha256 } from './nodeSha256.js';
import { writeOrRefuse } from './writeOrRefuse.js';
import { writeSafetensors } from './writeSafetensors.js';

/** @throws CheckpointError when the file cannot be written; the previous file is then still intact */
export async function writeModelFile(
  path: string,
  content: ModelFileContent,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const metadata = await metadataOf(content, nodeSha256());
  const { tensors, bfloat16 } = content;
  await writeOrRefuse(path, (file) => writeSafetensors(file, tensors, metadata, bfloat16), options);
}
