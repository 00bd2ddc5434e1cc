/** Reads safetensors files. */
import { totalmem } from 'node:os';
import { CheckpointError } from './checkpointError.js';
import { headerFrom, type SafetensorsContent, safetensorsFrom } from './safetensorsFrom.js';
import type { SafetensorsHeader } from './safetensorsHeader.js';
import { withFile } from './withFile.js';

/**
 * Reads a complete file. 64-bit integers become 32-bit ones, bfloat16 becomes float32.
 * @throws CheckpointError when the file is missing, damaged, or contains integers that do not fit
 */
export function readSafetensors(path: string): Promise<SafetensorsContent> {
  return withFile(path, async (source) => {
    await headerFrom(source, path);
    // A sparse file can be longer than the disk.
    const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
    if (source.size > memory) {
      throw new CheckpointError(
        path,
        `cannot be read: its ${source.size} bytes exceed this machine's memory`,
      );
    }
    return safetensorsFrom(source, path);
  });
}

/**
 * Reads only the header, whatever the file's size.
 * @throws CheckpointError when the file is missing, or its header or length shows damage
 */
export function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  return withFile(path, async (source) => (await headerFrom(source, path)).header);
}
