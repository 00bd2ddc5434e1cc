/** Returns how many processors this process may use: the smaller of its affinity and its CPU quota. */
import { availableParallelism } from 'node:os';
import { cpuQuota } from './cpuQuota.js';

export interface Processors {
  /** Processors that this process may run on (affinity, cpusets). */
  readonly cores: number;
  /** The CPU quota in processors, such as 1.5; null if there is no quota. */
  readonly quota: number | null;
  /** How many threads the process can keep busy. Threads beyond the quota stall the others, which is slower than fewer threads. */
  readonly usable: number;
}

export function processors(cores = availableParallelism(), quota = cpuQuota()): Processors {
  return { cores, quota, usable: quota === null ? cores : Math.max(1, Math.min(cores, Math.floor(quota))) };
}
