/** One process at a time writes a run's files: a small file beside them says which. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { hasCode, messageOf } from '../config/errors.js';
import { CheckpointError } from './checkpointError.js';

/** Another process, or another stream of this one, is writing the same run. */
export class RunInUseError extends CheckpointError {
  /** Of the other process. */
  readonly pid: number;

  constructor(file: string, { pid, host, since }: Holder) {
    const elsewhere = host === hostname() ? '' : ` on ${host}`;
    const remedy =
      elsewhere === ''
        ? 'wait for it or stop it, or train under another name or folder'
        : 'stop it there; if it is gone for certain, delete this file';
    super(
      file,
      `expected a run that nobody else writes, got one in use by process ${pid}${elsewhere} since ${since}; ${remedy}`,
    );
    this.name = 'RunInUseError';
    this.pid = pid;
  }
}

export interface RunLock {
  /** Lets others have it. */
  release(): Promise<void>;
}

export interface RunLockOptions {
  /** Milliseconds to wait for one who is just leaving. @default 1000 */
  readonly patience?: number;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When that process began, in the system's own count: a later process may have the same number. */
  readonly birth: string | null;
  /** For people. */
  readonly since: string;
  /** Tells two locks of one process apart. */
  readonly id: string;
}

/**
 * Take the lock, or take it over from a process that is gone.
 * @throws RunInUseError when somebody else has it
 * @throws CheckpointError when the folder cannot be written to
 */
export async function lockRun(path: string, { patience = 1000 }: RunLockOptions = {}): Promise<RunLock> {
  const birth = (await stateOf(process.pid))?.birth ?? null;
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    birth,
    since: new Date().toISOString(),
    id: randomUUID(),
  };
  const begin = performance.now();
  for (;;) {
    const other = await take(path, own);
    if (!other) return { release: () => release(path, own) };
    if (performance.now() - begin >= patience) throw new RunInUseError(path, other);
    await setTimeout(50);
  }
}

/** Whether a process that lives has the lock. */
export async function isRunHeld(path: string): Promise<boolean> {
  const holder = await holderOf(path);
  return holder !== null && (await isAlive(holder));
}

/** Null where it is ours now, else who has it. */
async function take(path: string, own: Holder): Promise<Holder | null> {
  if (await place(path, own)) return null;
  const other = await holderOf(path);
  if (other && (await isAlive(other))) return other;
  // Moved away rather than removed: two who find it stale at once must not remove each other's new one.
  const moved = `${path}.${own.id}`;
  await rename(path, moved).catch(() => undefined);
  const found = await holderOf(moved);
  if (found && found.id !== other?.id) await link(moved, path).catch(() => undefined);
  await rm(moved, { force: true });
  return (await place(path, own)) ? null : ((await holderOf(path)) ?? other ?? own);
}

/** Whether the file could be made; it has its whole content from its first moment. */
async function place(path: string, own: Holder): Promise<boolean> {
  const temporary = `${path}.${own.id}.partial`;
  const refused = (error: unknown) => {
    const what = 'expected a folder for the weights that can be written to, got';
    const remedy = 'name another one with --folder';
    return new CheckpointError(path, `${what} ${messageOf(error)}; ${remedy}`, { cause: error });
  };
  await mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw refused(error); // EEXIST, where it is a file, does not mean that there is a lock
  });
  try {
    await writeFile(temporary, `${JSON.stringify(own)}\n`);
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (hasCode(error, 'EPERM') || hasCode(error, 'ENOTSUP') || hasCode(error, 'EOPNOTSUPP')) {
      return placeWithoutLinks(path, own);
    }
    throw refused(error);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Some file systems have no links. */
async function placeWithoutLinks(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, `${JSON.stringify(own)}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function release(path: string, own: Holder): Promise<void> {
  // One that cannot be removed (a disk that is read-only by now) tells a process that is gone, and is taken over.
  if ((await holderOf(path))?.id === own.id) await rm(path, { force: true }).catch(() => undefined);
}

/** Null where there is none, or nothing that a lock would say. */
async function holderOf(path: string): Promise<Holder | null> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder> | null;
    return typeof holder?.pid === 'number' && typeof holder.host === 'string' ? (holder as Holder) : null;
  } catch {
    return null;
  }
}

/** Of another machine nothing can be known, so it counts as alive. */
async function isAlive({ pid, host, birth }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) return false;
  }
  const state = await stateOf(pid);
  if (!state) return true;
  return !state.ended && (birth === null || birth === state.birth);
}

/** What Linux knows of a process; null elsewhere, or where there is none of that number. */
async function stateOf(pid: number): Promise<{ birth: string; ended: boolean } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The second field is the program's name in brackets, which may hold anything; the third is the state, the 22nd the birth.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, birth] = [fields?.[0], fields?.[19]];
  return state && birth ? { birth, ended: state === 'Z' || state === 'X' } : null;
}
