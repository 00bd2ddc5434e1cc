import { within } from '../../../base/within.js';

export interface SyncedLog {
  /** Resolves when everything appended so far is on disk. */
  sync(): Promise<void>;
}

/**
 * Returns a function that waits until everything appended to the logs so far is on disk, but no longer than `patience`
 * milliseconds. After a disk has exceeded that once, the function returns at once until the disk responds again.
 */
export function settling(logs: readonly SyncedLog[], patience: number): () => Promise<void> {
  let late: Promise<unknown> | null = null;
  return async () => {
    if (late) return;
    const syncs = Promise.all(logs.map((log) => log.sync().catch(() => undefined))); // `append` has reported the error already
    if (await within(syncs, patience)) return;
    late = syncs.finally(() => {
      late = null;
    });
  };
}
