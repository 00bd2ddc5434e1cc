import type { WriteCheckpointsOptions } from '../../writers/writeCheckpoints.js';
import type { RunWriter } from './runWriter.js';

/** Saves a checkpoint. */
export type Save = NonNullable<WriteCheckpointsOptions['save']>;

export interface Saves {
  /** A save function: `own` if given, else the writer's `save`. */
  save(own?: Save): Save;
  /** Resolves when no save is running; never fails. */
  settled(): Promise<void>;
}

/** Save functions that first write the logs of all earlier events, and whose saves can be awaited. */
export function savesOf(writer: RunWriter, flushLogs: () => void): Saves {
  const running = new Set<Promise<void>>();
  return {
    save: (own) => (path, checkpoint) => {
      flushLogs();
      const save = own ? writer.ready().then(() => own(path, checkpoint)) : writer.save(path, checkpoint);
      const done = save.catch(() => undefined).finally(() => running.delete(done));
      running.add(done);
      return save;
    },
    async settled() {
      await Promise.all(running);
    },
  };
}
