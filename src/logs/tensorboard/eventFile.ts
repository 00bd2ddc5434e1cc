/** One file in a folder of TensorBoard events. */
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../base/errors.js';
import { hostName } from '../../base/hostName.js';
import { Queue } from '../../base/queue.js';
import { syncFile } from '../../base/sync.js';
import { versionEvent } from './logEvents.js';
import { tfRecord } from './record.js';

export interface EventFile {
  /**
   * Resolves when the system has the bytes; one write at a time, in the order of the calls. `ready` runs right before a write,
   * which it prevents by throwing.
   */
  append(bytes: Uint8Array, ready?: () => Promise<void>): Promise<void>;
  /** Syncs the last append, so that it survives a power failure. */
  sync(): Promise<void>;
  /** Closes the file after the running write; waiting writes are dropped. */
  close(): Promise<void>;
}

/** A new file, created at the first write. `now` returns milliseconds since 1970. */
export function eventFile(folder: string, now: () => number): EventFile {
  const queue = new Queue();
  let file: FileHandle | null = null;
  return {
    append: (bytes, ready) =>
      queue.run(async () => {
        file ??= await newest(folder, now);
        await ready?.();
        await file.appendFile(bytes);
      }),
    sync: () => queue.run(async () => (file ? syncFile(file) : undefined)),
    close: () => queue.close(new Error(`${folder}: the event file was closed`), async () => file?.close()),
  };
}

/**
 * TensorBoard reads the files of a folder in the order of their names and takes later content as newer. So the time in a new file's
 * name is later than in all others, even if two runs start within one second or the clock was set back.
 */
async function newest(folder: string, now: () => number): Promise<FileHandle> {
  await mkdir(folder, { recursive: true });
  const times = (await readdir(folder)).map((name) =>
    Number(/^events\.out\.tfevents\.(\d+)\./.exec(name)?.[1]),
  );
  const present = Math.floor(now() / 1000);
  for (let time = Math.max(present, ...times.map((before) => (before >= 0 ? before + 1 : 0))); ; time += 1) {
    const name = `events.out.tfevents.${String(time).padStart(10, '0')}.${hostName()}.${process.pid}`;
    try {
      const file = await open(join(folder, name), 'ax');
      await file.appendFile(tfRecord(versionEvent(now() / 1000)));
      return file;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}
