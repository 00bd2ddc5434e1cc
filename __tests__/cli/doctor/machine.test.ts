import { expect, test } from '@jest/globals';
import { machine, machineWords } from '../../../src/cli/doctor/machine.js';

const given = { node: 'v20.20.2', platform: 'linux x64', memoryBytes: 2 ** 33 };

test.each([
  [8, null, '8 cores'],
  [8, 1.5, '8 cores (CPU quota: 1.5)'],
  [1, 2 / 3, '1 core (CPU quota: 0.67)'],
])('should tell %s cores with a quota of %s', (cores, quota, words) => {
  const { cpuQuota, usableProcessors } = machine({ cores, quota, usable: 1 });
  expect(machineWords({ ...given, cores, cpuQuota, usableProcessors })).toBe(
    `node v20.20.2, linux x64, ${words}, 8.0 GiB of memory`,
  );
});
