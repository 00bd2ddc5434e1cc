/** Properties of the machine for `nvae doctor`. */
import { totalmem } from 'node:os';
import { type Processors, processors } from '../../base/processors.js';

export interface Machine {
  /** Version with a leading v, as Node writes it. */
  readonly node: string;
  /** Operating system and processor. */
  readonly platform: string;
  readonly cores: number;
  /** The CPU quota in processors; null if there is none. */
  readonly cpuQuota: number | null;
  /** Threads of the native engine, unless NVAE_THREADS says otherwise. */
  readonly usableProcessors: number;
  readonly memoryBytes: number;
}

export function machine({ cores, quota, usable }: Processors = processors()): Machine {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores,
    cpuQuota: quota,
    usableProcessors: usable,
    memoryBytes: totalmem(),
  };
}

export function machineWords({ node, platform, cores, cpuQuota, memoryBytes }: Machine): string {
  const quota = cpuQuota === null ? '' : ` (CPU quota: ${Number(cpuQuota.toFixed(2))})`;
  return `node ${node}, ${platform}, ${cores} ${cores === 1 ? 'core' : 'cores'}${quota}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`;
}
