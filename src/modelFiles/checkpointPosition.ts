import { fileExists } from '../checkpoint/checkpointExists.js';
import { parseEntry } from '../checkpoint/modelFileFrom.js';
import { readSafetensorsHeader } from '../checkpoint/readSafetensors.js';
import { trainerStateSchema } from '../checkpoint/runState.js';
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
  if (converted) return converted;
  const { metadata } = await readSafetensorsHeader(path);
  return parseEntry(path, metadata, 'state', trainerStateSchema).position;
}
