import { open } from 'node:fs/promises';
import { RunTakenOverError } from './errors.js';
import { type Holder, parseHolder } from './holder.js';
import { type LockContent, lockText, placeLock, readLock } from './lockFile.js';

/** Milliseconds between two signs of life. */
export const signEvery = 10_000;
/** A process that has not checked for longer was suspended, or its disk hung: another may have run and finished meanwhile. */
const trustedFor = 2 * signEvery;

/**
 * What the holder of a lock does while it has it. Neither function fails if the lock's disk fails: the next write of data to that
 * disk reports the error.
 */
export interface LockKeeper {
  /**
   * Call before writing: a process that was suspended for a minute may have lost its lock.
   * @throws RunTakenOverError
   */
  verify(): Promise<void>;
  /**
   * Writes a sign of life.
   * @throws RunTakenOverError
   */
  sign(): Promise<void>;
}

export function keepLock(path: string, own: Holder): LockKeeper {
  let lastSeen = bothClocks();
  const checked = async (content: LockContent | null) => {
    if (content?.holder && content.holder.id !== own.id) throw new RunTakenOverError(path, content.holder);
    const since = lastSeen;
    lastSeen = bothClocks();
    if (content) return;
    if (lastSeen.some((time, i) => time - (since[i] as number) > trustedFor)) {
      throw new RunTakenOverError(path, null);
    }
    // The lock was removed, with its folder or by a user; the process that creates it first has it now.
    const placed = await placeLock(path, own).catch(() => null);
    const present = placed?.placed === false ? await readLock(path) : null;
    if (present?.holder) throw new RunTakenOverError(path, present.holder);
  };
  const verify = async () => {
    try {
      await checked(await readLock(path));
    } catch (error) {
      if (error instanceof RunTakenOverError) throw error;
    }
  };
  return {
    verify,
    async sign() {
      await verify();
      // Write instead of setting the time, so that the time is from the file system's clock and not this machine's.
      const file = await open(path, 'r+').catch(() => null);
      try {
        const holder = parseHolder((await file?.readFile('utf8')) ?? '');
        if (holder?.id === own.id) await file?.write(lockText(own), 0);
      } catch {
        // The next sign of life may succeed.
      } finally {
        await file?.close().catch(() => undefined);
      }
    },
  };
}

/** One of the two clocks stops while a machine sleeps. */
function bothClocks(): readonly number[] {
  return [performance.now(), Date.now()];
}
