import type { WriteCheckpointsOptions } from '../../writers/writeCheckpoints.js';
import type { RunWriter } from './runWriter.js';

/** Saves a checkpoint. */
export type Save = NonNullable<WriteCheckpointsOptions['save']>;

export interface Saves {
  /** `own` in place of the writer's `save`. */
  save(own?: Save): Save;
  /** Done when no save is running any more; never fails. */
  settled(): Promise<void>;
}

/** Saves that are preceded by the logs of all events before them, and can be waited for. */
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
