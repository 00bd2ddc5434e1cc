import { messageOf } from '../base/errors.js';
import { openFile } from '../base/files.js';
import type { ByteSource } from './byteSource.js';
import { CheckpointError } from './checkpointError.js';

/**
 * Opens a file for the time of a function's work, and closes it however that ends.
 * @param path the file, which messages name
 * @param use reads from the file; not after its promise has settled
 * @throws CheckpointError when the file cannot be opened or read, and what `use` throws
 */
export async function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
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
