import type { FileHandle } from 'node:fs/promises';
import { messageOf } from '../base/errors.js';
import { type AtomicWriteOptions, atomicWrite } from './atomicWrite.js';
import { CheckpointError } from './checkpointError.js';

/**
 * `atomicWrite` with an error that names the file.
 * @throws CheckpointError when the file cannot be written; the previous file is then still intact
 */
export async function writeOrRefuse(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  options: AtomicWriteOptions = {},
): Promise<void> {
  try {
    await atomicWrite(path, write, options);
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    throw new CheckpointError(path, `cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
