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

/** Whether it is done by then. */
async function within(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
