import { expect, test } from '@jest/globals';
import { memory } from '../../src/base/memory.js';

const machine = { total: 1000, free: 600 };

/** The memory on a machine that has only these files. */
function memoryWith(files: Record<string, string>) {
  return memory({
    machine,
    read: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`ENOENT: ${path}`);
      return text;
    },
  });
}

test('should be that of the machine without control groups', () => {
  expect(memoryWith({})).toEqual(machine);
  const here = memory();
  expect(here.free).toBeLessThanOrEqual(here.total);
  expect(here.free).toBeGreaterThan(0);
});

test('should be limited by every group of the process, version 2; caches of files are free', () => {
  const groups = {
    '/proc/self/cgroup': '0::/a/b\n',
    '/proc/self/mountinfo': '30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
    '/sys/fs/cgroup/a/b/memory.max': 'max\n',
    '/sys/fs/cgroup/a/b/memory.current': '100\n',
    '/sys/fs/cgroup/a/memory.max': '500\n',
    '/sys/fs/cgroup/a/memory.current': '300\n',
    '/sys/fs/cgroup/a/memory.stat': 'anon 150\ninactive_file 50\nactive_file 100\n',
  };
  expect(memoryWith(groups)).toEqual({ total: 500, free: 250 });
  expect(memoryWith({ ...groups, '/sys/fs/cgroup/a/memory.current': '900' })).toEqual({
    total: 500,
    free: 0,
  });
});

test('should be limited by a group of version 1', () => {
  const groups = {
    '/proc/self/cgroup': '4:memory:/jobs\n',
    '/proc/self/mountinfo': '25 24 0:23 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': '700',
    '/sys/fs/cgroup/memory/jobs/memory.limit_in_bytes': '400',
    '/sys/fs/cgroup/memory/jobs/memory.usage_in_bytes': '100',
    '/sys/fs/cgroup/memory/jobs/memory.stat': 'inactive_file 1\ntotal_inactive_file 20\n',
  };
  expect(memoryWith(groups)).toEqual({ total: 400, free: 320 });
});
