/** All that a run writes in order: its checkpoints, and before each the logs of what came before it. */

import { Queue } from '../../../base/queue.js';
import { type Checkpoint, saveCheckpoint } from '../../../checkpoint/checkpoint.js';
import { RunTakenOverError } from '../../../checkpoint/lock/errors.js';
import type { Holder } from '../../../checkpoint/lock/holder.js';
import { keepLock, signEvery } from '../../../checkpoint/lock/keepLock.js';
import { journalFile } from '../../../logs/journalFile.js';
import { eventFile } from '../../../logs/tensorboard/eventFile.js';
import { settling } from './settling.js';

export type LogName = 'tensorboard' | 'journal';

export interface RunWriter {
  /** Append to a log; in the order of the calls, which need not wait for each other. */
  append(log: LogName, bytes: Uint8Array): Promise<void>;
  /**
   * Write a checkpoint. What was appended before is on disk when it takes its name; a log that hangs is waited for only
   * once, for `logPatience`.
   * @throws CheckpointError, RunTakenOverError
   */
  save(path: string, checkpoint: Checkpoint): Promise<void>;
  /**
   * The same for what is written by other means: the logs are on disk, and the lock is ours.
   * @throws RunTakenOverError
   */
  ready(): Promise<void>;
  /** Done when what was appended before is on disk; waits for a log that hangs as `save` does, and never fails. */
  flush(): Promise<void>;
  /** Done when nothing is open any more: what is being appended is finished, what waits for its turn is given up. */
  close(): Promise<void>;
}

/** Plain data. */
export interface RunWriterOptions {
  readonly lock: { readonly path: string; readonly holder: Holder };
  /** Folder of the log, and file of the journal; null for none. */
  readonly tensorBoard: string | null;
  readonly journal: string | null;
  /** Milliseconds that a checkpoint waits for logs. @default 5000 */
  readonly logPatience?: number;
  /** Milliseconds between two signs of life in the lock. @default 10 000 */
  readonly signEvery?: number;
}

/** Milliseconds for which a look at the lock is enough for a log. */
const verifiedFor = 1000;

interface Log {
  append(bytes: Uint8Array, ready: () => Promise<void>): Promise<void>;
  sync(): Promise<void>;
  close?(): Promise<void>;
}

/** Lasts as long as its thread. @param onLost is told, once, when the run was taken over; nothing more is written then */
export function createRunWriter(
  { lock, tensorBoard, journal, logPatience = 5000, signEvery: every = signEvery }: RunWriterOptions,
  onLost: (error: RunTakenOverError) => void,
): RunWriter {
  const ours = lockGuard(lock, every, onLost);
  const logs: Partial<Record<LogName, ReturnType<typeof orderedLog>>> = {
    ...(tensorBoard !== null && { tensorboard: orderedLog(eventFile(tensorBoard, Date.now), ours.lately) }),
    ...(journal !== null && { journal: orderedLog(journalFile(journal), ours.lately) }),
  };
  const settled = settling(Object.values(logs), logPatience);
  const guard = async (stage: 'begin' | 'rename') => {
    if (stage === 'rename') await settled();
    await ours.verify();
  };
  return {
    append: async (name, bytes) => logs[name]?.append(bytes),
    save: (path, checkpoint) => saveCheckpoint(path, checkpoint, { guard }),
    ready: () => guard('rename'),
    flush: settled,
    async close() {
      await Promise.all([ours.end(), ...Object.values(logs).map((log) => log.close())]);
    },
  };
}

/** Whether the run is still ours, and the signs of life that keep it. */
function lockGuard(
  { path, holder }: RunWriterOptions['lock'],
  every: number,
  onLost: (error: RunTakenOverError) => void,
) {
  const keeper = keepLock(path, holder);
  let lost: RunTakenOverError | null = null;
  let [verified, verifiedByClock] = [Number.NEGATIVE_INFINITY, 0];
  const checked = async (check: () => Promise<void>) => {
    if (lost) throw lost;
    try {
      await check();
      [verified, verifiedByClock] = [performance.now(), Date.now()];
    } catch (error) {
      if (lost === null && error instanceof RunTakenOverError) onLost(error);
      if (error instanceof RunTakenOverError) lost ??= error;
      throw error;
    }
  };
  const verify = () => checked(keeper.verify);
  let signing: Promise<void> | null = null;
  const sign = () => {
    if (signing) return; // on a share that hangs
    signing = checked(keeper.sign)
      .catch(() => undefined)
      .finally(() => {
        signing = null;
      });
  };
  const signs = setInterval(sign, every).unref();
  return {
    verify,
    async end() {
      clearInterval(signs);
      await signing;
    },
    /** By two clocks: one of them stands still while a machine sleeps. */
    async lately() {
      const since = Math.max(performance.now() - verified, Math.abs(Date.now() - verifiedByClock));
      if (lost || since >= verifiedFor) await verify();
    },
  };
}

/** Of a run that was taken over nothing is appended, and nobody told: the run ends with that error. */
function orderedLog(log: Log, verify: () => Promise<void>) {
  const queue = new Queue();
  return {
    append: (bytes: Uint8Array) =>
      queue.run(async () => {
        try {
          // Before the file is opened, which may make it, and once more before it is written to: the process may be
          // suspended in between, too.
          await verify();
          await log.append(bytes, verify);
        } catch (error) {
          if (!(error instanceof RunTakenOverError)) throw error;
        }
      }),
    sync: () => queue.run(log.sync),
    close: () => queue.close(new Error('internal: the log was closed'), async () => log.close?.()),
  };
}
