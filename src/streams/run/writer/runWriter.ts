/** Writes a run's checkpoints and logs, in order: before a checkpoint is on disk, the logs of all earlier events are. */

import { Queue } from '../../../base/queue.js';
import type { Checkpoint } from '../../../checkpoint/checkpointContent.js';
import { RunTakenOverError } from '../../../checkpoint/lock/errors.js';
import type { Holder } from '../../../checkpoint/lock/holder.js';
import { keepLock, signEvery } from '../../../checkpoint/lock/keepLock.js';
import { saveCheckpoint } from '../../../checkpoint/saveCheckpoint.js';
import { journalFile } from '../../../logs/journalFile.js';
import { eventFile } from '../../../logs/tensorboard/eventFile.js';
import { settling } from './settling.js';

export type LogName = 'tensorboard' | 'journal';

export interface RunWriter {
  /** Appends to a log, in the order of the calls. Callers need not wait between calls. */
  append(log: LogName, bytes: Uint8Array): Promise<void>;
  /**
   * Writes a checkpoint. When its file is renamed into place, everything appended before is on disk. A log that hangs delays it
   * once, by `logPatience`.
   * @throws CheckpointError, RunTakenOverError
   */
  save(path: string, checkpoint: Checkpoint): Promise<void>;
  /**
   * Waits as `save` does before it renames its file, for files that another writer saves: the logs are on disk, and the lock is
   * still ours.
   * @throws RunTakenOverError
   */
  ready(): Promise<void>;
  /** Resolves when everything appended before is on disk. Waits for a log that hangs as `save` does, and never fails. */
  flush(): Promise<void>;
  /** Resolves when no file is open. Finishes the running append and drops the waiting ones. */
  close(): Promise<void>;
}

/** Plain data: it is sent to the writer thread. */
export interface RunWriterOptions {
  readonly lock: { readonly path: string; readonly holder: Holder };
  /** Folder of the TensorBoard log; null for none. */
  readonly tensorBoard: string | null;
  /** File of the journal; null for none. */
  readonly journal: string | null;
  /** Milliseconds that a checkpoint waits for the logs. @default 5000 */
  readonly logPatience?: number;
  /** Milliseconds between two signs of life in the lock file. @default 10 000 */
  readonly signEvery?: number;
}

/** Milliseconds for which a log trusts the last check of the lock. */
const verifiedFor = 1000;

interface Log {
  append(bytes: Uint8Array, ready: () => Promise<void>): Promise<void>;
  sync(): Promise<void>;
  close?(): Promise<void>;
}

/** @param onLost called once if another process has taken the run over; nothing is written from then on */
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

/** Checks that the run is still ours, and keeps the lock by writing signs of life to its file. */
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
    if (signing) return; // a sign of life is still being written: the share hangs
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
    /** Like `verify`, if the last check is too old by either of two clocks: one of them stops while a machine sleeps. */
    async lately() {
      const since = Math.max(performance.now() - verified, Math.abs(Date.now() - verifiedByClock));
      if (lost || since >= verifiedFor) await verify();
    },
  };
}

/** Appends in order. If the run was taken over, appends nothing and does not fail: the run itself ends with that error. */
function orderedLog(log: Log, verify: () => Promise<void>) {
  const queue = new Queue();
  return {
    append: (bytes: Uint8Array) =>
      queue.run(async () => {
        try {
          // Verify before opening the file, which may create it, and again before writing: the process may be suspended in
          // between.
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
