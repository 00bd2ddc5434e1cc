/** Something that is opened when it is needed first, and once more after it was closed. */
export interface Closable {
  close(): Promise<void>;
}

export interface Reopening<T> {
  /** Opens it unless it is open; a failure is not remembered. */
  get(): Promise<T>;
  close(): Promise<void>;
}

export function reopening<T extends Closable>(open: () => Promise<T>): Reopening<T> {
  let opened: Promise<T> | null = null;
  return {
    get() {
      if (opened) return opened;
      const opening = open();
      opened = opening;
      opening.catch(() => {
        if (opened === opening) opened = null;
      });
      return opening;
    },
    async close() {
      const before = opened;
      opened = null;
      await (await before?.catch(() => null))?.close();
    },
  };
}
