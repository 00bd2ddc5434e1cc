/** Reads the CPU quota of control groups (`docker run --cpus`, systemd's CPUQuota, Kubernetes' limits). The smallest one applies. */
import { join } from 'node:path';
import { controlGroups, linesOf, type ReadText, readSystemFile } from './controlGroups.js';

/** Returns the quota as a number of processors, such as 1.5; null if there is no quota. */
export function cpuQuota(read: ReadText = readSystemFile): number | null {
  const quotas = controlGroups('cpu', read).map(({ version, folder }) =>
    version === 1 ? quotaV1(read, folder) : quotaV2(read, folder),
  );
  const smallest = Math.min(...quotas.filter((quota) => quota !== null && quota > 0).map(Number));
  return Number.isFinite(smallest) ? smallest : null;
}

/** Reads `cpu.max`: "max 100000", or the microseconds of processor time allowed per period and the period in microseconds. */
function quotaV2(read: ReadText, folder: string): number | null {
  const [quota, period = 100_000] = (linesOf(read, join(folder, 'cpu.max'))[0] ?? '').split(' ');
  return ratio(Number(quota || Number.NaN), Number(period));
}

/** Reads `cpu.cfs_quota_us`; -1 means no quota. */
function quotaV1(read: ReadText, folder: string): number | null {
  const [quota] = linesOf(read, join(folder, 'cpu.cfs_quota_us'));
  const [period] = linesOf(read, join(folder, 'cpu.cfs_period_us'));
  return ratio(Number(quota ?? Number.NaN), Number(period ?? Number.NaN));
}

function ratio(quota: number, period: number): number | null {
  return quota > 0 && period > 0 ? quota / period : null;
}
