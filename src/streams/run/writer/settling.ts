import { within } from './within.js';

export interface SyncedLog {
  /** Done when all that was appended so far is on disk. */
  sync(): Promise<void>;
}

/**
 * Done when all logs have what was appended so far, or have kept whoever waits for so many milliseconds: a disk that
 * hangs is waited for once, until it has answered.
 */
export function settling(logs: readonly SyncedLog[], patience: number): () => Promise<void> {
  let late: Promise<unknown> | null = null;
  return async () => {
    if (late) return;
    const syncs = Promise.all(logs.map((log) => log.sync().catch(() => undefined))); // an append has said what is wrong
    if (await within(syncs, patience)) return;
    late = syncs.finally(() => {
      late = null;
    });
  };
}
