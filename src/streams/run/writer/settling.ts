import { within } from './within.js';

export interface SyncedLog {
  /** Done when everything appended so far is on disk. */
  sync(): Promise<void>;
}

/**
 * A function that waits until everything appended to the logs so far is on disk, but no longer than `patience`
 * milliseconds. After a disk has kept it waiting that long, it returns at once until the disk has answered.
 */
export function settling(logs: readonly SyncedLog[], patience: number): () => Promise<void> {
  let late: Promise<unknown> | null = null;
  return async () => {
    if (late) return;
    const syncs = Promise.all(logs.map((log) => log.sync().catch(() => undefined))); // the append has reported what is wrong
    if (await within(syncs, patience)) return;
    late = syncs.finally(() => {
      late = null;
    });
  };
}
