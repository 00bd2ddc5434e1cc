/** A file that grows by bytes and disappears with the process. */
import { readUpTo } from '../../base/files.js';
import { type TemporaryFile, temporaryFile } from '../bytes/temporaryFile.js';
import { cacheFolders } from '../cacheFolders.js';
import { orUnread, UnreadImageError } from '../unreadImageError.js';

export interface Spool {
  /** Creates the file, if there is room for so many bytes. @throws Error that says what to do */
  reserve(bytes: number): Promise<void>;
  /** Writes arrays one after the other, and returns where the first begins. One call at a time. @throws UnreadImageError */
  append(arrays: readonly Uint8Array[]): Promise<number>;
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Bytes that the file leaves free on its disk. */
const free = 2 ** 30;
const arraysAtOnce = 512;

/** Bytes that were reserved and not written yet, of all files: those of a dataset share a disk. */
let reservedByAll = 0;

/** @param folders candidates for its folder, best first */
export function spool(folders: readonly string[] = cacheFolders()): Spool {
  let file: TemporaryFile | null = null;
  let [end, reserved] = [0, 0];
  const keep = (bytes: number) => {
    reservedByAll += bytes - reserved;
    reserved = bytes;
  };
  const roomFor = async (bytes: number) => {
    file ??= await temporaryFile(folders, 'parquet', free);
    if (await file?.hasRoom(bytes)) return file as TemporaryFile;
    const place = folders.join(' or ');
    throw new Error(
      `there is no room in ${place} for ${bytes} bytes that it decompresses to; free some, or write it with compression=None`,
    );
  };
  return {
    async reserve(bytes) {
      await roomFor(reservedByAll + bytes);
      keep(bytes);
    },
    async append(arrays) {
      const begin = end;
      const length = arrays.reduce((sum, { length }) => sum + length, 0);
      const { handle } = await orUnread(roomFor(length));
      for (let i = 0; i < arrays.length; i += arraysAtOnce) {
        const some = arrays.slice(i, i + arraysAtOnce);
        const bytes = some.reduce((sum, { length }) => sum + length, 0);
        const { bytesWritten } = await orUnread(handle.writev(some, end));
        if (bytesWritten < bytes) throw new UnreadImageError('the disk of the cache folder is full');
        end += bytes;
      }
      keep(Math.max(0, reserved - length));
      return begin;
    },
    async read(position, length) {
      if (!file) throw new Error('internal: nothing was written');
      return orUnread(readUpTo(file.handle, length, position));
    },
    async close() {
      keep(0);
      await file?.close();
      file = null;
    },
  };
}
