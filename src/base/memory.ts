/** Returns how much memory this process may use: that of the machine, or less if a control group limits it (`docker run --memory`). */
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { type ControlGroup, controlGroups, linesOf, type ReadText, readSystemFile } from './controlGroups.js';

/** Bytes. */
export interface Memory {
  /** What the process could have if nothing else ran. */
  readonly total: number;
  /** What it can still take; files that the system only caches count as free. */
  readonly free: number;
}

export interface MemorySources {
  /** @default reads the file system */
  readonly read?: ReadText;
  /** @default that of the machine */
  readonly machine?: Memory;
}

export function memory({ read = readSystemFile, machine = memoryOfMachine() }: MemorySources = {}): Memory {
  const limits = controlGroups('memory', read).map((group) => memoryOfGroup(group, read));
  const least = (values: readonly number[]) => Math.min(...values.filter((value) => value >= 0));
  return {
    total: least([machine.total, ...limits.map(({ total }) => total)]),
    free: least([machine.free, ...limits.map(({ free }) => Math.max(0, free))]),
  };
}

/** macOS counts its cache of files as used, so that the free memory says little there. */
function memoryOfMachine(): Memory {
  const total = totalmem();
  return { total, free: process.platform === 'darwin' ? 0.75 * total : freemem() };
}

/** Not a number for a group without a limit: "max", or no such file. */
function memoryOfGroup({ version, folder }: ControlGroup, read: ReadText): Memory {
  const names =
    version === 1
      ? { limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', cached: 'total_inactive_file' }
      : { limit: 'memory.max', used: 'memory.current', cached: 'inactive_file' };
  const number = (name: string) => Number(linesOf(read, join(folder, name))[0] ?? Number.NaN);
  const cached = linesOf(read, join(folder, 'memory.stat')).find((line) =>
    line.startsWith(`${names.cached} `),
  );
  const total = number(names.limit);
  return { total, free: total - number(names.used) + Number(cached?.split(' ')[1] ?? 0) };
}
