/** The file of a lock: reads it, creates it for exactly one process, and reads the clock of its file system. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode, messageOf } from '../../base/errors.js';
import { CheckpointError } from '../checkpointError.js';
import { type Holder, parseHolder } from './holder.js';

export interface LockContent {
  /** Null if the content is not that of a lock: it is being written, damaged, or unreadable. */
  readonly holder: Holder | null;
  /** Null if the file cannot be read. */
  readonly text: string | null;
  /** Time of the holder's last sign of life, in milliseconds by the clock of the file system. */
  readonly modified: number;
}

/**
 * Reads the lock; null if there is none. Opens the file, because some network shares refresh their cache only then.
 * @throws CheckpointError if a folder has the lock's name
 */
export async function readLock(path: string): Promise<LockContent | null> {
  try {
    const file = await open(path, 'r');
    try {
      const text = await file.readFile('utf8');
      return { text, holder: parseHolder(text), modified: (await file.stat()).mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return null;
    const status = await stat(path);
    if (status.isDirectory()) throw inTheWay(path, 'a folder');
    return { text: null, holder: null, modified: status.mtimeMs };
  }
}

/** The error for something that no run created, and that no run would ever consider stale. */
export function inTheWay(path: string, what: string): CheckpointError {
  return new CheckpointError(path, `expected the lock file of a run, found ${what}; remove it`);
}

export function lockText(holder: Holder): string {
  return `${JSON.stringify(holder)}\n`;
}

/**
 * Creates the lock file if there is none.
 * @returns whether it is ours now, and the time by the clock of the file system
 * @throws CheckpointError if the folder cannot be written to
 */
export async function placeLock(path: string, own: Holder): Promise<{ placed: boolean; now: number }> {
  const temporary = `${path}.${own.id}.partial`;
  await refusing(path, () => mkdir(dirname(path), { recursive: true }));
  try {
    await refusing(path, () => writeFile(temporary, lockText(own)));
    const now = (await stat(temporary).catch(() => null))?.mtimeMs ?? Date.now();
    return { placed: await placed(path, temporary, own), now };
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Creates the lock by a hard link, so that it is complete from the start; many file systems do not support links. */
async function placed(path: string, temporary: string, own: Holder): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) return refusing(path, () => createLock(path, own));
    // A network share that lost its answer reports the link it has just made as existing.
    return (await readLock(path).catch(() => null))?.holder?.id === own.id;
  }
}

/** Returns whether the file was created; others may see it before its content. */
export async function createLock(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, lockText(own), { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** The time by the clock of the file system; null if nothing can be written beside the lock. */
export async function fileSystemTime(path: string): Promise<number | null> {
  const probe = `${path}.${randomUUID()}.clock`;
  try {
    await writeFile(probe, '', { flag: 'wx' });
    return (await stat(probe)).mtimeMs;
  } catch {
    return null;
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

async function refusing<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const what = 'cannot write to the folder for the weights:';
    const remedy = 'choose another with --folder';
    throw new CheckpointError(path, `${what} ${messageOf(error)}; ${remedy}`, { cause: error });
  }
}
