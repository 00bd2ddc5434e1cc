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
  const orRefuse = async <R>(act: () => Promise<R>): Promise<R> => {
    try {
      return await act();
    } catch (error) {
      throw new CheckpointError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
    }
  };
  const file = await orRefuse(() => openFile(path));
  try {
    const { size } = await orRefuse(() => file.stat());
    const read: ByteSource['read'] = (target, position) =>
      orRefuse(async () => (await file.read(target, 0, target.length, position)).bytesRead);
    return await use({ size, read });
  } finally {
    await file.close();
  }
}
