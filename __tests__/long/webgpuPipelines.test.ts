/** Pipelines are compiled once, on a software device or on whatever GPU there is. In a process of its own, as webgpu.test.ts. */
import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { hasSoftwareVulkan, softwareVulkan } from '../support/softwareVulkan.js';

const onDevice = hasSoftwareVulkan ? test : test.skip;

onDevice(
  'the second epoch compiles nothing, with a smaller last batch, validation and previews',
  () => {
    const script = '__tests__/support/webgpuPipelines.ts';
    const printed = execFileSync(process.execPath, ['--import', 'tsx', script], {
      env: { ...process.env, ...softwareVulkan },
      encoding: 'utf8',
      timeout: 400_000,
    });
    const [first, ...others] = JSON.parse(printed) as number[];
    expect(first).toBeGreaterThan(50);
    expect(others).toEqual([0, 0]);
  },
  420_000,
);
