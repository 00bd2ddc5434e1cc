/** Reads safetensors files. */
import { totalmem } from 'node:os';
import { messageOf } from '../base/errors.js';
import { openFile } from '../base/files.js';
import type { ByteSource } from './byteSource.js';
import { CheckpointError } from './checkpointError.js';
import { headerFrom, type SafetensorsContent, safetensorsFrom } from './safetensorsFrom.js';
import type { SafetensorsHeader } from './safetensorsHeader.js';

/**
 * Reads a complete file. 64-bit integers become 32-bit ones.
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

async function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  let file: Awaited<ReturnType<typeof openFile>> | undefined;
  try {
    file = await openFile(path);
    const opened = file;
    const { size } = await opened.stat();
    return await use({
      size,
      read: async (target, position) => (await opened.read(target, 0, target.length, position)).bytesRead,
    });
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    await file?.close();
  }
}
