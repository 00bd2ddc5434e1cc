/** Who has a lock: what its file says, and whether the process that wrote it is known to live. */
import { randomUUID } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hasCode } from '../../base/errors.js';
import { hostName } from '../../base/hostName.js';

export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When that process began, in the system's own count: a later process may have the same number. Null: unknown. */
  readonly birth: string | null;
  /** Which start of which machine, and which of its process tables, `pid` belongs to. Null, or missing: unknown. */
  readonly boot?: string | null;
  readonly pidNamespace?: string | null;
  /** For people. */
  readonly since: string;
  /** Tells two locks of one process apart. */
  readonly id: string;
}

/** `unknown`: a process of a system that cannot be seen from here, such as another machine or container. */
export type Life = 'alive' | 'gone' | 'unknown';

/** This process, for a new lock. */
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

/** Null for what no lock would say. */
export function parseHolder(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    // A number below 1 would stand for many processes.
    const isPid = Number.isInteger(holder?.pid) && (holder?.pid ?? 0) > 0;
    return isPid && typeof holder?.host === 'string' ? (holder as Holder) : null;
  } catch {
    return null;
  }
}

/** What `own` can know of another process by looking for it. */
export async function lifeOf(holder: Holder, own: Holder): Promise<Life> {
  const same = [compared(holder.boot, own.boot), compared(holder.pidNamespace, own.pidNamespace)];
  if (same.includes(false)) return 'unknown';
  const there = await isThere(holder);
  if (same.every((one) => one === true)) return there ? 'alive' : 'gone';
  if (holder.host !== own.host) return 'unknown';
  // Of the same name, as another machine or container may be: sure is only a process that was born at that time.
  if (there) return holder.birth === null ? 'unknown' : 'alive';
  // A lock of a version that did not write where its process is; others tell nothing because this system has no such thing.
  return holder.boot === undefined ? 'unknown' : 'gone';
}

/** Whether they are the same; null where one is not known. */
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

/** What Linux knows of a process; null elsewhere, or where there is none of that number. */
async function stateOf(pid: number): Promise<{ birth: string; ended: boolean } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The second field is the program's name in brackets, which may hold anything; the third is the state, the 22nd the birth.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, birth] = [fields?.[0], fields?.[19]];
  return state && birth ? { birth, ended: state === 'Z' || state === 'X' } : null;
}
