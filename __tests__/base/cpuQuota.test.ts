import { describe, expect, test } from '@jest/globals';
import { cpuQuota } from '../../src/base/cpuQuota.js';
import { processors } from '../../src/base/processors.js';

const v1Mounts = [
  '24 30 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
  '25 24 0:23 / /sys/fs/cgroup/cpuset rw shared:9 - cgroup cgroup rw,cpuset',
  '26 24 0:24 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 - cgroup cgroup rw,cpu,cpuacct',
].join('\n');
const v1 = '/sys/fs/cgroup/cpu,cpuacct';
const v2Mounts = '30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate';

/** The quota on a machine that has only these files. */
function quotaOf(files: Record<string, string>): number | null {
  return cpuQuota((path) => {
    const text = files[path];
    if (text === undefined) throw new Error(`ENOENT: ${path}`);
    return text;
  });
}

describe('version 2', () => {
  const inGroup = { '/proc/self/cgroup': '0::/a/b\n', '/proc/self/mountinfo': v2Mounts };

  test('should be the group of the process', () => {
    expect(quotaOf({ ...inGroup, '/sys/fs/cgroup/a/b/cpu.max': '150000 100000\n' })).toBe(1.5);
    expect(quotaOf({ ...inGroup, '/sys/fs/cgroup/a/b/cpu.max': '50000\n' })).toBe(0.5);
    expect(quotaOf({ ...inGroup, '/sys/fs/cgroup/a/b/cpu.max': 'max 100000\n' })).toBeNull();
  });

  test('should be the smallest of all groups up to the root', () => {
    const groups = {
      '/sys/fs/cgroup/a/b/cpu.max': '400000 100000\n',
      '/sys/fs/cgroup/a/cpu.max': '100000 50000\n',
      '/sys/fs/cgroup/cpu.max': '300000 100000\n',
    };
    expect(quotaOf({ ...inGroup, ...groups })).toBe(2);
  });

  test('should be that of a container whose group is the root of what it sees', () => {
    const container = { '/proc/self/cgroup': '0::/\n', '/proc/self/mountinfo': v2Mounts };
    expect(quotaOf({ ...container, '/sys/fs/cgroup/cpu.max': '100000 100000\n' })).toBe(1);
    const moved = { ...container, '/proc/self/cgroup': '0::/../other\n' };
    expect(quotaOf({ ...moved, '/sys/fs/cgroup/cpu.max': '100000 100000\n' })).toBe(1);
  });

  test('should be found where the folder of the groups has a space, and a group a colon', () => {
    const mounts = '30 1 0:26 / /mnt/c\\040groups rw - cgroup2 cgroup2 rw';
    const files = { '/proc/self/cgroup': '0::/a:b\n', '/proc/self/mountinfo': mounts };
    expect(quotaOf({ ...files, '/mnt/c groups/a:b/cpu.max': '100000 100000\n' })).toBe(1);
  });
});

describe('version 1', () => {
  const inGroup = {
    '/proc/self/cgroup': '9:cpuset:/x\n4:cpu,cpuacct:/jobs/one\n1:name=systemd:/\n',
    '/proc/self/mountinfo': v1Mounts,
  };

  test('should be quota by period; -1 is none', () => {
    const quota = (us: string) => ({
      [`${v1}/jobs/one/cpu.cfs_quota_us`]: us,
      [`${v1}/jobs/one/cpu.cfs_period_us`]: '50000\n',
    });
    expect(quotaOf({ ...inGroup, ...quota('100000\n') })).toBe(2);
    expect(quotaOf({ ...inGroup, ...quota('-1\n') })).toBeNull();
  });

  test('should be that of a group above it', () => {
    const above = { [`${v1}/jobs/cpu.cfs_quota_us`]: '100000', [`${v1}/jobs/cpu.cfs_period_us`]: '100000' };
    expect(quotaOf({ ...inGroup, ...above })).toBe(1);
  });

  test('should be found in a container that sees only its own group, under the name of the host', () => {
    const mounts = v1Mounts.replace('0:24 / ', '0:24 /docker/1f ');
    const files = { '/proc/self/cgroup': '4:cpu,cpuacct:/docker/1f\n', '/proc/self/mountinfo': mounts };
    const quota = { [`${v1}/cpu.cfs_quota_us`]: '100000', [`${v1}/cpu.cfs_period_us`]: '100000' };
    expect(quotaOf({ ...files, ...quota })).toBe(1);
    expect(quotaOf({ ...files, ...quota, '/proc/self/cgroup': '4:cpu,cpuacct:/elsewhere\n' })).toBe(1);
  });
});

test('should count the smaller one where a machine has both versions', () => {
  const files = {
    '/proc/self/cgroup': '4:cpu,cpuacct:/a\n0::/b\n',
    '/proc/self/mountinfo': `${v1Mounts}\n31 24 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`,
    [`${v1}/a/cpu.cfs_quota_us`]: '300000',
    [`${v1}/a/cpu.cfs_period_us`]: '100000',
    '/sys/fs/cgroup/unified/b/cpu.max': '200000 100000',
  };
  expect(quotaOf(files)).toBe(2);
});

test('should be none where there are no groups, or files of another kind', () => {
  expect(quotaOf({})).toBeNull();
  const files = { '/proc/self/cgroup': 'garbage\n\n0::/a', '/proc/self/mountinfo': `garbage\n${v2Mounts}` };
  expect(quotaOf({ ...files, '/sys/fs/cgroup/a/cpu.max': 'garbage' })).toBeNull();
  expect(quotaOf({ ...files, '/sys/fs/cgroup/a/cpu.max': '' })).toBeNull();
});

test.each([
  [8, null, 8],
  [8, 1.5, 1],
  [8, 0.25, 1],
  [8, 4, 4],
  [2, 16, 2],
])('%s cores with a quota of %s are worth %s threads', (cores, quota, usable) => {
  expect(processors(cores, quota)).toEqual({ cores, quota, usable });
});
