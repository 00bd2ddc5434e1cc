import type { FileBytes } from '../checkpoint/bytes.js';
import type { Checkpoint } from '../checkpoint/checkpointContent.js';
import { checkpointFrom } from '../checkpoint/checkpointFrom.js';
import { anyModelFileFromBytes, type ReadBytesOptions } from './anyModelFileFromBytes.js';

/**
 * Reads a checkpoint from the bytes of a `.checkpoint` file, ours or one of the PyTorch implementation.
 * @param bytes the whole file; they stay the caller's
 * @param options a name for messages, the configuration of a PyTorch file, and a callback for warnings
 * @returns plain data, for `Trainer.restore`
 * @throws CheckpointError when the bytes are damaged, are not a checkpoint, or are PyTorch's without a configuration
 * @example
 * const response = await fetch('demo.checkpoint');
 * const { config, state } = await checkpointFromBytes(await response.arrayBuffer());
 */
export async function checkpointFromBytes(
  bytes: FileBytes,
  options: ReadBytesOptions = {},
): Promise<Checkpoint> {
  return checkpointFrom(await anyModelFileFromBytes(bytes, options), options.name ?? 'bytes');
}
