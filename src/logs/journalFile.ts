import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Queue } from '../base/queue.js';
import { syncFile } from '../base/sync.js';

export interface JournalFile {
  /** Appends, one write at a time, in the order of the calls; `ready` runs right before a write, which it prevents by throwing. */
  append(lines: string | Uint8Array, ready?: () => Promise<void>): Promise<void>;
  /** Syncs the last append, so that it survives a power failure. */
  sync(): Promise<void>;
}

/** A journal file that is opened for every write: if the file was moved or removed, a new one is created. */
export function journalFile(path: string): JournalFile {
  const queue = new Queue();
  const opened = async (use: (file: FileHandle) => Promise<void>) => {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a+');
    try {
      await use(file);
    } finally {
      await file.close();
    }
  };
  return {
    append: (lines, ready) =>
      queue.run(() =>
        opened(async (file) => {
          const bytes = Buffer.from(lines);
          // A line that a crash cut off must not corrupt this one.
          const whole = (await endsInLine(file)) ? Buffer.concat([lineEnd, bytes]) : bytes;
          await ready?.();
          await file.appendFile(whole);
        }),
      ),
    sync: () => queue.run(() => opened(syncFile)),
  };
}

const lineEnd = Buffer.from('\n');

async function endsInLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return !buffer.equals(lineEnd);
}
