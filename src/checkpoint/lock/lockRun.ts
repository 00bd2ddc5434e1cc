/**
 * Lets only one process at a time write a run's files, by a small lock file beside them. The holder shows that it is alive by
 * writing to that file (`keepLock`); if the process itself is visible, that counts instead.
 */
import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { replaceFile } from '../../base/replaceFile.js';
import { described, RunInUseError } from './errors.js';
import { type Holder, newHolder } from './holder.js';
import { judgeOf, staleAfter } from './judge.js';
import {
  createLock,
  fileSystemTime,
  inTheWay,
  type LockContent,
  lockText,
  placeLock,
  readLock,
} from './lockFile.js';

/** Milliseconds for which a lock may be neither created nor read, for example because others create and remove it. */
const absentFor = 5000;
/** Age in milliseconds at which a claim is stale; taking over takes a few milliseconds. */
const claimedAfter = 10_000;

/** Holder ids of this process' locks that are about to be released: a user cannot wait for the end of an unsubscribed run. */
const leaving = new Set<string>();

export interface RunLock {
  readonly path: string;
  readonly holder: Holder;
  /** Announces that the lock will be released as soon as running work is done; new requests in this process wait for that. */
  leave(): void;
  /** Releases the lock. */
  release(): Promise<void>;
}

export interface RunLockOptions {
  /** Milliseconds to wait for a holder that is about to finish. @default 1000 */
  readonly patience?: number;
  /** Milliseconds without a sign of life after which the lock is taken over. @default 60 000 */
  readonly staleAfter?: number;
  /** Whether to take the lock once, whoever holds it. @default false */
  readonly takeOver?: boolean;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** Called once if the holder is not visible and has shown a recent sign of life: it may be gone or not. */
  readonly onWait?: (message: string) => void;
}

/**
 * Takes the lock, or takes it over from a process that is gone.
 * @throws RunInUseError when another process or stream has it
 * @throws CheckpointError when the folder cannot be written to
 */
export async function lockRun(path: string, options: RunLockOptions = {}): Promise<RunLock> {
  const { patience = 1000, staleAfter: limit = staleAfter, takeOver = false, signal, onWait } = options;
  const own = await newHolder();
  const lock = lockOf(path, own);
  const begin = performance.now();
  const judged = judgeOf(own, limit);
  let read = begin;
  for (let told = false; ; ) {
    // The holder may release its lock right after it was read here, and is not leaving any more then.
    const wereLeaving = new Set(leaving);
    const { placed, now } = await placeLock(path, own);
    if (placed) return lock;
    const content = await readLock(path);
    if (content) read = performance.now();
    else if (performance.now() - read >= absentFor) throw inTheWay(path, 'a dangling link');
    const { life, silent, advanced } = await judged(content, () => now);
    if (takeOver || life === 'gone') {
      if (content && (await takenOver(path, content, own, takeOver))) return lock;
    } else if (life === 'alive' || advanced || signal?.aborted) {
      const isLeaving = wereLeaving.has(content?.holder?.id ?? '');
      const late = signal?.aborted || (!isLeaving && performance.now() - begin >= patience);
      if (late) throw inUse(path, content, life === 'alive' ? null : silent / 1000);
    } else if (!told) {
      told = true;
      onWait?.(waitingMessage(path, content?.holder ?? null, silent, limit));
    }
    await setTimeout(life === 'unknown' ? 200 : 20);
  }
}

function lockOf(path: string, own: Holder): RunLock {
  let released = false;
  return {
    path,
    holder: own,
    leave() {
      if (!released) leaving.add(own.id);
    },
    async release() {
      try {
        await release(path, own);
      } finally {
        released = true;
        leaving.delete(own.id);
      }
    },
  };
}

function inUse(path: string, content: LockContent | null, silentSeconds: number | null): RunInUseError {
  return new RunInUseError(path, content?.holder ?? null, silentSeconds);
}

function waitingMessage(path: string, holder: Holder | null, silent: number, limit: number): string {
  const sign = `last sign of life ${Math.round(silent / 1000)} s ago`;
  const rest = Math.ceil((limit - silent) / 1000);
  return `${path}: locked by ${described(holder)} (${sign}); waiting up to ${rest} s for the next (pass --take-over not to wait)`;
}

/**
 * Takes over the lock with this content, and returns whether that succeeded. If several processes find it stale at once, only the
 * one that creates the claim may replace it. The lock file is never missing meanwhile, so no new process can create it.
 */
async function takenOver(path: string, found: LockContent, own: Holder, always: boolean): Promise<boolean> {
  const digest = createHash('sha256')
    .update(found.text ?? '')
    .digest('hex')
    .slice(0, 16);
  const claim = `${path}.${digest}.claim`;
  if (!(await createLock(claim, own))) {
    await removeOldClaim(claim);
    return false;
  }
  const temporary = `${path}.${own.id}.partial`;
  try {
    const present = await readLock(path);
    if (present?.text !== found.text || (!always && present.modified !== found.modified)) return false;
    await writeFile(temporary, lockText(own));
    await replaceFile(temporary, path);
    return true;
  } finally {
    await Promise.all([temporary, claim].map((file) => rm(file, { force: true }).catch(() => undefined)));
  }
}

/** Removes a claim whose process was killed while taking over. */
async function removeOldClaim(claim: string): Promise<void> {
  const [content, now] = await Promise.all([readLock(claim), fileSystemTime(claim)]);
  if (content && now !== null && now - content.modified >= claimedAfter) await rm(claim, { force: true });
}

async function release(path: string, own: Holder): Promise<void> {
  // If the lock cannot be removed (the disk may be read-only by now), it names a process that is gone, and is taken over.
  const content = await readLock(path).catch(() => null);
  if (content?.holder?.id === own.id) await rm(path, { force: true }).catch(() => undefined);
}
