/** The holder of a lock: the content of the lock file, and whether the process that wrote it is alive. */
import { randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hasCode } from '../../base/errors.js';
import { hostName } from '../../base/hostName.js';

export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start time of that process, in the system's own units: a later process may have the same id. Null: unknown. */
  readonly birth: string | null;
  /** Identifies the boot of the machine and the process table that `pid` belongs to. Null, or missing: unknown. */
  readonly boot?: string | null;
  readonly pidNamespace?: string | null;
  /** Start of the lock, as text for people. */
  readonly since: string;
  /** Tells two locks of one process apart. */
  readonly id: string;
}

/** `unknown`: a process of a system that is not visible from here, such as another machine or container. */
export type Life = 'alive' | 'gone' | 'unknown';

/** A holder for a new lock of this process. */
export async function newHolder(): Promise<Holder> {
  const [state, boot, pidNamespace] = await Promise.all([
    stateOf(process.pid),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
      (text) => text.trim(),
      () => null,
    ),
    readlink('/proc/self/ns/pid').catch(() => null),
  ]);
  return {
    pid: process.pid,
    host: hostName(),
    birth: state?.birth ?? null,
    boot,
    pidNamespace,
    since: new Date().toISOString(),
    id: randomUUID(),
  };
}

/** Parses the content of a lock file; null if it is invalid. */
export function parseHolder(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    // As a target for signals, a number below 1 stands for many processes.
    const isPid = Number.isInteger(holder?.pid) && (holder?.pid ?? 0) > 0;
    return isPid && typeof holder?.host === 'string' ? (holder as Holder) : null;
  } catch {
    return null;
  }
}

/** Looks up the process of `holder`, as far as `own` can see it. */
export async function lifeOf(holder: Holder, own: Holder): Promise<Life> {
  const same = [compared(holder.boot, own.boot), compared(holder.pidNamespace, own.pidNamespace)];
  if (same.includes(false)) return 'unknown';
  const there = await isThere(holder);
  if (same.every((one) => one === true)) return there ? 'alive' : 'gone';
  if (holder.host !== own.host) return 'unknown';
  // Other machines or containers may have the same name: only a process with the same start time is certain.
  if (there) return holder.birth === null ? 'unknown' : 'alive';
  // Without `boot` the lock is from an earlier version, which did not record it; null means that this system has none.
  return holder.boot === undefined ? 'unknown' : 'gone';
}

/** Whether both are the same; null if one is unknown. */
function compared(one: string | null | undefined, other: string | null | undefined): boolean | null {
  return typeof one === 'string' && typeof other === 'string' ? one === other : null;
}

async function isThere({ pid, birth }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) return false;
  }
  const state = await stateOf(pid);
  if (!state) return true;
  return !state.ended && (birth === null || birth === state.birth);
}

/** State of a process on Linux; null on other systems, or if there is no process with that id. */
async function stateOf(pid: number): Promise<{ birth: string; ended: boolean } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The second field is the program's name in brackets, which may contain anything; the third is the state, the 22nd the start
  // time.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, birth] = [fields?.[0], fields?.[19]];
  return state && birth ? { birth, ended: state === 'Z' || state === 'X' } : null;
}
