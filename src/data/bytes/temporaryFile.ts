import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that disappears with the process, however that ends. */
export interface TemporaryFile {
  readonly handle: FileHandle;
  /** Whether its disk has room for so many bytes more, besides those to leave free; true if that is unknown. */
  hasRoom(bytes: number): Promise<boolean>;
  /** Ignores a file that cannot be removed. */
  close(): Promise<void>;
}

/**
 * Creates a file in the first writable folder; null if there is none.
 *
 * @param folders candidates, best first
 * @param reserve bytes to leave free on the disk
 */
export async function temporaryFile(
  folders: readonly string[],
  name: string,
  reserve: number,
): Promise<TemporaryFile | null> {
  for (const folder of folders) {
    const file = await createdIn(folder, name, reserve).catch(() => null);
    if (file) return file;
  }
  return null;
}

async function createdIn(folder: string, name: string, reserve: number): Promise<TemporaryFile> {
  const path = join(folder, `${name}-${process.pid}-${randomUUID()}.raw`);
  await mkdir(folder, { recursive: true });
  const handle = await open(path, 'wx+');
  // Once unlinked, the file is gone when it is closed; if unlinking an open file is not allowed, `close` does it.
  const isUnlinked = await rm(path).then(
    () => true,
    () => false,
  );
  return {
    handle,
    async hasRoom(bytes) {
      const disk = await statfs(folder).catch(() => null);
      return !disk || disk.bavail * disk.bsize >= bytes + reserve;
    },
    async close() {
      await handle.close().catch(() => undefined);
      if (!isUnlinked) await rm(path, { force: true }).catch(() => undefined);
    },
  };
}
