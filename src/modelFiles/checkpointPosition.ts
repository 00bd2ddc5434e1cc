import { fileExists } from '../checkpoint/checkpointExists.js';
import { readPosition } from '../checkpoint/readProgress.js';
import type { Position } from '../checkpoint/snapshot.js';
import { withFile } from '../checkpoint/withFile.js';
import { isTorchFile } from '../pytorch/isTorchFile.js';
import { torchFileFrom } from '../pytorch/torchFile.js';
import { torchPosition } from './torch/torchPosition.js';

/**
 * Reads the position of a run from its checkpoint, ours or PyTorch's, without any weights; null if there is no file.
 * @throws CheckpointError when the file is damaged
 */
export async function checkpointPosition(path: string): Promise<Position | null> {
  if (!(await fileExists(path))) return null;
  const converted = await withFile(path, async (source) =>
    (await isTorchFile(source)) ? torchPosition(await torchFileFrom(source, path), path) : null,
  );
  return converted ?? readPosition(path);
}
