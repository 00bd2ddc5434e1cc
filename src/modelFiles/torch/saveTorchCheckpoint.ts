import type { Checkpoint } from '../../checkpoint/checkpointContent.js';
import { toTorchCheckpoint } from './toTorch.js';
import { writeTorchFile } from './writeTorchFile.js';

/**
 * Writes a checkpoint for the PyTorch implementation: `torch.load` and `load_state_dict(strict=True)` read it, and its `train.py` goes on
 * from it. The file contains neither the configuration (see `formatConfig`) nor what `torchOmissions` lists.
 * @param path the file; its folder is created, and an existing file is replaced atomically
 * @param checkpoint a snapshot of a `Trainer`, or what `loadCheckpoint` returns; it is not changed
 * @throws CheckpointError when the PyTorch implementation has no such model, a tensor is missing, a value is not finite, or the file cannot be written
 * @example
 * const checkpoint = await loadCheckpoint('saved_weights/demo.checkpoint');
 * await saveTorchCheckpoint('exported/demo.checkpoint', checkpoint);
 * await writeFile('exported/demo.yaml', formatConfig(checkpoint.config));
 */
export async function saveTorchCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeTorchFile(path, toTorchCheckpoint(checkpoint, path));
}
