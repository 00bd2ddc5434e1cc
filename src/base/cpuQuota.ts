/**
 * Reads the CPU quota of control groups, versions 1 and 2 (Linux; `docker run --cpus`, systemd's CPUQuota, Kubernetes' limits).
 * The smallest quota applies, from the process's own group up to the root that this process can see.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Returns the text of a file; throws if the file does not exist. */
export type ReadText = (path: string) => string;

interface Mount {
  /** The mounted group, named as in `/proc/self/cgroup`. */
  readonly root: string;
  readonly point: string;
}

/** Returns the quota as a number of processors, such as 1.5; null if there is no quota. */
export function cpuQuota(read: ReadText = (path) => readFileSync(path, 'utf8')): number | null {
  const groups = linesOf(read, '/proc/self/cgroup').map((line) => line.split(':'));
  const mounts = linesOf(read, '/proc/self/mountinfo');
  const quotas = groups.flatMap(([, controllers = '', ...path]) => {
    const [isV1, isV2] = [controllers.split(',').includes('cpu'), controllers === ''];
    if (!isV1 && !isV2) return [];
    const mount = mountOf(mounts, isV1 ? 'cgroup' : 'cgroup2');
    const quota = isV1 ? quotaV1 : quotaV2;
    return mount ? foldersOf(mount, path.join(':')).map((folder) => quota(read, folder)) : [];
  });
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

/** Returns the folder of the group and the folders of its parent groups. */
function foldersOf({ root, point }: Mount, path: string): string[] {
  const inside = relative(root, path);
  // In a container without a cgroup namespace, the path is the host's, but only the root is mounted.
  let folder = inside.startsWith('..') ? point : join(point, inside);
  const folders = [folder];
  while (folder !== point && folder.length > point.length) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return folders;
}

/** Finds the mount. A line is "36 25 0:31 ROOT POINT OPTIONS FIELDS... - TYPE SOURCE CONTROLLERS". */
function mountOf(mounts: readonly string[], type: 'cgroup' | 'cgroup2'): Mount | null {
  for (const line of mounts) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '/', point = ''] = before.split(' ').map(unescaped);
    const [found, , controllers = ''] = after.split(' ');
    if (found === type && (type === 'cgroup2' || controllers.split(',').includes('cpu'))) {
      return { root, point };
    }
  }
  return null;
}

/** Decodes the octal escapes that mountinfo uses for spaces and similar characters. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function linesOf(read: ReadText, path: string): string[] {
  try {
    return read(path).split('\n').filter(Boolean);
  } catch {
    return []; // not Linux, or the controller does not exist
  }
}
