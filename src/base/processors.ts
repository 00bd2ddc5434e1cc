/** How many processors this process may use: the smaller of its affinity and its CPU quota. */
import { availableParallelism } from 'node:os';
import { cpuQuota } from './cpuQuota.js';

export interface Processors {
  /** Those that it may run on (affinity, cpusets). */
  readonly cores: number;
  /** What its CPU quota is worth, 1.5 for example; null where there is none. */
  readonly quota: number | null;
  /** How many threads it can keep busy: threads beyond a quota make the others wait, which is slower than fewer threads. */
  readonly usable: number;
}

export function processors(cores = availableParallelism(), quota = cpuQuota()): Processors {
  return { cores, quota, usable: quota === null ? cores : Math.max(1, Math.min(cores, Math.floor(quota))) };
}
